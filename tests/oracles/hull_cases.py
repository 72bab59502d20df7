"""Minimum Bounding Geometry, Concave Hull and Densify by GEOS and GeographicLib."""

import itertools
import math

import numpy as np
import shapely

from case import EXACT, case, file, inline
from esri import WGS84, load

ALBERS = "tests/data/counties_albers.json"
HEXAGONS = "tests/data/hexagons_albers.json"
COUNTRIES = "examples/countries.json"
CITIES = "examples/cities.json"
NASTY = "tests/data/nasty/"
# Vertices are chosen, or computed with a few operations each.
SAME = {"area_ratio": 1e-9, "length_ratio": 1e-9, "distance": 1e-3}
CIRCLE_VERTICES = 128
GROUP = "CONTINENT"


def width_and_length(rectangle):
    corners = list(rectangle.exterior.coords)
    sides = [math.dist(corners[0], corners[1]), math.dist(corners[1], corners[2])]
    return min(sides), max(sides)


def least(geometry, score):
    """Of the rectangles along the sides of the hull the one of least area or width: the definition.

    GEOS has that of least area too, with the digits of a line through two points.
    """
    corners = np.array(geometry.convex_hull.exterior.coords)[:-1]
    best = None
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = (b - a) / np.hypot(*(b - a))
        across = np.array([-along[1], along[0]])
        x, y = (corners - a) @ along, (corners - a) @ across
        value = score(np.ptp(x), np.ptp(y))
        if best is None or value < best[0]:
            ends = [(x.min(), y.min()), (x.min(), y.max()), (x.max(), y.max()), (x.max(), y.min())]
            best = (value, shapely.Polygon([a + u * along + v * across for u, v in ends]))
    return best[1]


def least_area(geometry):
    found = least(geometry, lambda width, height: width * height)
    assert abs(shapely.oriented_envelope(geometry).area / found.area - 1) < 1e-7
    return found


def circle(geometry):
    """As the tool gives it: a polygon with that many vertices on the circle, from the top."""
    radius = shapely.minimum_bounding_radius(geometry)
    center = shapely.minimum_bounding_circle(geometry).centroid
    angles = [step / CIRCLE_VERTICES * math.tau for step in range(CIRCLE_VERTICES)]
    ring = [(center.x + radius * math.sin(angle), center.y + radius * math.cos(angle)) for angle in angles]
    return shapely.Polygon(ring), {"MBG_Diameter": 2 * radius}


def rectangle(found):
    width, length = width_and_length(found)
    return found, {"MBG_Width": width, "MBG_Length": length}


def hull(geometry):
    found = geometry.convex_hull
    corners = list(found.exterior.coords)[:-1]
    pairs = [math.dist(a, b) for a, b in itertools.combinations(corners, 2)]
    return found, {"MBG_Width": min(pairs), "MBG_Length": max(pairs)}


def envelope(geometry):
    left, bottom, right, top = geometry.bounds
    sides = (right - left, top - bottom)
    return shapely.box(*geometry.bounds), {"MBG_Width": min(sides), "MBG_Length": max(sides)}


SHAPES = {
    "RECTANGLE_BY_AREA": lambda geometry: rectangle(least_area(geometry)),
    "RECTANGLE_BY_WIDTH": lambda geometry: rectangle(least(geometry, min)),
    "CONVEX_HULL": hull,
    "CIRCLE": circle,
    "ENVELOPE": envelope,
}


def bounding_cases():
    for kind, shape in SHAPES.items():
        parameters = {"Geometry_Type": kind, "Add_Geometry_Characteristics": "MBG_FIELDS"}
        rows = []
        for attributes, geometry in load(ALBERS).rows():
            found, measures = shape(geometry)
            rows.append(({"GEOID": attributes["GEOID"], **measures}, found))
        yield case(
            "MinimumBoundingGeometry",
            f"counties_{kind.lower()}",
            {"Input_Features": file(ALBERS), **parameters},
            rows,
            note="each county, with the measures as fields",
            tolerance=SAME | {"distance": 0.01},
        )
        groups = {}
        for attributes, geometry in load(COUNTRIES).rows():
            groups.setdefault(attributes[GROUP], []).append(geometry)
        rows = []
        for value, members in groups.items():
            found, measures = shape(shapely.MultiPoint(shapely.get_coordinates(members)))
            rows.append(({GROUP: value, **measures}, found))
        yield case(
            "MinimumBoundingGeometry",
            f"continents_{kind.lower()}",
            {
                "Input_Features": file(COUNTRIES),
                "Group_Option": "LIST",
                "Group_Fields": [GROUP],
                **parameters,
            },
            rows,
            note="countries by continent, in degrees taken as a plane",
            tolerance=SAME | {"distance": 1e-6},
        )
        everything = shapely.union_all([geometry for _, geometry in load(HEXAGONS).rows()])
        found, measures = shape(everything)
        yield case(
            "MinimumBoundingGeometry",
            f"hexagons_all_{kind.lower()}",
            {"Input_Features": file(HEXAGONS), "Group_Option": "ALL", **parameters},
            [(measures, found)],
            note="one shape around everything",
            tolerance=SAME | {"distance": 0.01},
        )


def concave_cases():
    for name, path in (("cities", CITIES), ("counties", ALBERS), ("countries", COUNTRIES)):
        positions = shapely.get_coordinates([geometry for _, geometry in load(path).rows()])
        points = shapely.MultiPoint(np.unique(positions, axis=0))
        for ratio in (0.1, 0.3, 0.7, 1.0):
            yield case(
                "ConcaveHull",
                f"{name}_ratio_{ratio}".replace(".", "_"),
                {"Input_Features": file(path), "Length_Ratio": ratio},
                [({"COUNT": len(load(path).rows())}, shapely.concave_hull(points, ratio=ratio))],
                note="vertices of a whole layer, by the concave hull of GEOS",
                tolerance=SAME | {"distance": 1e-6},
            )


def geodesic_pieces(line, length):
    """Every edge in equal pieces along its geodesic."""
    dense = [line[0]]
    for (x, y), (to_x, to_y) in itertools.pairwise(line):
        way = WGS84.InverseLine(y, x, to_y, to_x)
        pieces = max(1, math.ceil(way.s13 / length * (1 - 1e-12)))
        for piece in range(1, pieces):
            at = way.Position(way.s13 * piece / pieces)
            dense.append((at["lon2"], at["lat2"]))
        dense.append((to_x, to_y))
    return dense


def densify_cases():
    layer = load(ALBERS)
    yield case(
        "Densify",
        "counties_1_km",
        {"Input_Features": file(ALBERS), "Distance": {"distance": 1, "units": "esriKilometers"}},
        [({"GEOID": a["GEOID"]}, shapely.segmentize(g, 1000.0)) for a, g in layer.rows()],
        note="planar: the shape stays",
        tolerance=EXACT,
    )
    square = {"rings": [[[0, 0], [0, 7], [10, 7], [10, 0], [0, 0]]]}
    ring = shapely.Polygon(square["rings"][0])
    yield case(
        "Densify",
        "rectangle_3_m",
        {
            "Input_Features": inline("Polygon", 5070, {"NAME": "String"}, [({"NAME": "a"}, square)]),
            "Distance": {"distance": 3, "units": "esriMeters"},
        },
        [({"NAME": "a"}, shapely.segmentize(ring, 3.0))],
        note="a few vertices",
        tolerance=SAME | {"distance": 1e-12},
        paths=True,
    )
    ways = {
        "atlantic": [(-74.0, 40.7), (-0.1, 51.5), (18.1, 59.3)],
        "polar": [(-100.0, 80.0), (60.0, 80.0)],
        "equator": [(0.0, 0.0), (100.0, 0.0)],
        "meridian": [(20.0, -70.0), (20.0, 80.0)],
    }
    for kilometers in (100, 1000):
        rows = [({"NAME": name}, {"paths": [[list(xy) for xy in way]]}) for name, way in ways.items()]
        yield case(
            "Densify",
            f"ways_{kilometers}_km",
            {
                "Input_Features": inline("Polyline", 4326, {"NAME": "String"}, rows),
                "Distance": {"distance": kilometers, "units": "esriKilometers"},
            },
            [
                ({"NAME": name}, shapely.LineString(geodesic_pieces(way, kilometers * 1000.0)))
                for name, way in ways.items()
            ],
            note="along geodesics by GeographicLib",
            tolerance=SAME | {"distance": 1e-9},
            paths=True,
        )
    for name in ("null_geometry", "degenerate_line", "hole_touches_shell"):
        nasty = load(f"{NASTY}{name}.json")
        yield case(
            "Densify",
            f"nasty_{name}",
            {
                "Input_Features": file(f"{NASTY}{name}.json"),
                "Distance": {"distance": 0.7, "units": "esriUnknownUnits"},
            },
            [({}, "null" if g is None else shapely.segmentize(g, 0.7)) for g in nasty.geometries],
            note="repaired first",
        )


def cases():
    return [*bounding_cases(), *concave_cases(), *densify_cases()]
