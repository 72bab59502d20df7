"""Create Thiessen Polygons by scipy and GEOS."""

import numpy
import shapely
from scipy.spatial import Voronoi

from case import case, file, inline
from esri import Layer, load
from proximity_cases import ALBERS, CITIES, HEXAGONS, NASTY, centres

# Both are exact but for rounding.
CELLS = {"area_ratio": 1e-9, "length_ratio": 1e-9, "distance": 1e-6}


def cells(points, frame):
    """Voronoi cells within a box, by points so far away that their cells do not reach it."""
    xy = numpy.array([point.coords[0] for point in points])
    left, bottom, right, top = frame
    middle, far = ((left + right) / 2, (bottom + top) / 2), 1_000 * max(right - left, top - bottom)
    around = [(middle[0] + dx * far, middle[1] + dy * far) for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    voronoi = Voronoi(numpy.vstack([xy - middle, numpy.array(around) - middle]))
    polygons = []
    for number in range(len(points)):
        vertices = voronoi.vertices[voronoi.regions[voronoi.point_region[number]]] + middle
        polygons.append(shapely.intersection(shapely.MultiPoint(vertices).convex_hull, shapely.box(*frame)))
    return polygons


def frame_around(points):
    left, bottom, right, top = shapely.MultiPoint(points).bounds
    width, height = right - left, top - bottom
    x, y = (width or height) / 10, (height or width) / 10
    return left - x, bottom - y, right + x, top + y


def thiessen_case(name, parameters, layer, frame=None, paths=False, note=""):
    rows, seen = [], set()
    for attributes, point in layer.rows():
        if point.coords[0] not in seen:
            seen.add(point.coords[0])
            rows.append((attributes, point))
    points = [point for _, point in rows]
    polygons = cells(points, frame or frame_around(points))
    kept = [({"Input_FID": row["OBJECTID"]}, polygon) for (row, _), polygon in zip(rows, polygons, strict=True)]
    kept = [(key, polygon) for key, polygon in kept if polygon.area > 0]
    return case("CreateThiessenPolygons", name, parameters, kept, note=note, tolerance=CELLS, paths=paths)


def thiessen_cases():
    counties, hexagons = centres(load(ALBERS), "GEOID"), centres(load(HEXAGONS), "ZONE")
    yield thiessen_case("counties", {"Input_Features": counties}, Layer(counties), paths=True, note="scattered")
    yield thiessen_case(
        "hexagons", {"Input_Features": hexagons}, Layer(hexagons), note="a regular grid, rounded to a centimetre"
    )
    yield thiessen_case(
        "cities",
        {"Input_Features": file(CITIES), "Output_Fields": "ALL"},
        load(CITIES),
        note="degrees, in the coordinates",
    )
    frame = (1_950_000, 2_300_000, 2_060_000, 2_400_000)
    left, bottom, right, top = frame
    inside = [row for row, g in Layer(hexagons).rows() if shapely.box(*frame).intersects(g)]
    keep = {row["OBJECTID"] for row in inside}
    narrow = Layer({**hexagons, "features": [f for f in hexagons["features"] if f["attributes"]["OBJECTID"] in keep]})
    extent = {"xmin": left, "ymin": bottom, "xmax": right, "ymax": top, "spatialReference": {"wkid": 5070}}
    yield thiessen_case(
        "extent",
        {"Input_Features": hexagons, "context": {"extent": extent}},
        narrow,
        frame,
        note="the extent of the environment chooses the points and is the frame",
    )
    square = [({"NAME": f"{x} {y}"}, {"x": x, "y": y}) for x in range(8) for y in range(8)]
    grid = inline("Point", 3857, {"NAME": "String"}, square)
    yield thiessen_case("grid", {"Input_Features": grid}, Layer(grid), paths=True, note="four points on every circle")
    line = [({"NAME": f"{x}"}, {"x": x, "y": 2 * x}) for x in (0, 1, 5, 7, 100)]
    line = inline("Point", 3857, {"NAME": "String"}, line)
    yield thiessen_case("collinear", {"Input_Features": line}, Layer(line), paths=True, note="no triangle at all")
    layer = load(NASTY + "coincident_points.json")
    yield thiessen_case(
        "nasty_coincident_points",
        {"Input_Features": file(NASTY + "coincident_points.json")},
        layer,
        note="one cell a place",
    )


def cases():
    return [*thiessen_cases()]
