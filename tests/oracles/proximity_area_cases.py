"""Create Thiessen Polygons by scipy and GEOS, Multiple Ring Buffer by GEOS and GeographicLib."""

import numpy
import shapely
from scipy.spatial import Voronoi

from buffer_cases import buffered, circle
from case import ARCS, arcs, case, file, inline
from esri import Layer, load, subset
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


def rings(layer, distances, outside=False):
    """Rings around all features, without what the next smaller ring and its inside hold."""
    union = shapely.union_all([geometry for _, geometry in layer.rows()])
    smaller, rows = union if outside else shapely.Polygon(), []
    for distance in distances:
        area = shapely.union_all([buffered(geometry, distance) for _, geometry in layer.rows()])
        ring = shapely.difference(area, smaller)
        if not ring.is_empty:
            rows.append(({"distance": distance}, ring))
        smaller = area
    return rows


def ring_cases():
    counties, hexagons, cities = load(ALBERS), load(HEXAGONS), load(CITIES)
    points = centres(hexagons, "ZONE", lambda row: row["OBJECTID"] % 7 == 0)
    # A ring is the difference of two areas, each of which may be off by as much as an arc.
    tolerance = arcs(9_000) | {"area_ratio": 5e-3, "length_ratio": 1e-2}
    yield case(
        "MultipleRingBuffer",
        "points_all",
        {"Input_Features": points, "Distances": [9_000, 3_000, 6_000]},
        rings(Layer(points), [3_000, 6_000, 9_000]),
        note="rings that grow into each other, in the unit of the coordinates",
        tolerance=tolerance,
    )
    yield case(
        "MultipleRingBuffer",
        "counties_all",
        {"Input_Features": file(ALBERS), "Distances": [-2_000, 1_000, 4_000], "Buffer_Unit": "Meters"},
        rings(counties, [-2_000, 1_000, 4_000]),
        note="the insides, the border, and what is around",
        tolerance=tolerance | {"length_ratio": 2e-2},
    )
    yield case(
        "MultipleRingBuffer",
        "counties_outside_only",
        {
            "Input_Features": file(ALBERS),
            "Distances": [1, 4],
            "Buffer_Unit": "Kilometers",
            "Outside_Polygons_Only": "OUTSIDE_ONLY",
        },
        [({"distance": row["distance"] / 1000}, ring) for row, ring in rings(counties, [1_000, 4_000], outside=True)],
        note="without the polygons",
        tolerance=tolerance | {"length_ratio": 2e-2},
    )
    yield case(
        "MultipleRingBuffer",
        "hexagons_none",
        {
            "Input_Features": subset(hexagons, lambda row: row["OBJECTID"] % 20 == 0),
            "Distances": [500, 1_500],
            "Field_Name": "REACH",
            "Dissolve_Option": "NONE",
        },
        [
            ({"ZONE": row["ZONE"], "REACH": distance, "ORIG_FID": row["OBJECTID"]}, buffered(geometry, distance))
            for distance in (500, 1_500)
            for row, geometry in hexagons.rows()
            if row["OBJECTID"] % 20 == 0
        ],
        note="a disc for each feature",
        tolerance=arcs(1_500),
    )
    some = subset(cities, lambda row: row["OBJECTID"] % 6 == 0)
    yield case(
        "MultipleRingBuffer",
        "cities_geodesic",
        {"Input_Features": some, "Distances": [50, 200], "Buffer_Unit": "Kilometers", "Dissolve_Option": "NONE"},
        [
            ({"CITY": row["CITY"], "distance": distance}, circle(point, 1_000 * distance))
            for distance in (50, 200)
            for row, point in Layer(some).rows()
        ],
        note="degrees on the ellipsoid",
        measure="geodesic",
        tolerance=ARCS,
    )
    apart = load(NASTY + "antimeridian_point.json")
    discs = [[circle(point, 1_000 * distance) for _, point in apart.rows()] for distance in (0.001, 30, 80)]
    between = [
        shapely.MultiPolygon([outer.difference(inner) for outer, inner in zip(discs[at], discs[at - 1], strict=True)])
        for at in (1, 2)
    ]
    yield case(
        "MultipleRingBuffer",
        "nasty_antimeridian_point",
        {"Input_Features": apart.json, "Distances": [80, 30], "Buffer_Unit": "Kilometers"},
        [({"distance": distance}, ring) for distance, ring in zip((30, 80), between, strict=True)],
        note="rings across the antimeridian; the inner one is as good as a disc",
        measure="geodesic",
        tolerance={"area_ratio": 5e-3},
    )
    for name in ("bowtie", "hole_touches_shell", "overlapping_parts", "self_crossing_line", "null_geometry", "nan_point"):
        layer = load(f"{NASTY}{name}.json")
        yield case(
            "MultipleRingBuffer",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json"), "Distances": [5, 10], "Buffer_Unit": "Meters"},
            rings(layer, [5, 10]),
            note="repaired first",
            tolerance=arcs(10) | {"area_ratio": 5e-3, "length_ratio": 1e-2},
        )


def cases():
    return [*thiessen_cases(), *ring_cases()]
