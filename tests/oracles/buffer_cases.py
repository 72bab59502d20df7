"""Buffer: planar cases by GEOS, geodesic ones by GeographicLib circles and local azimuthal projections."""

import pyproj
import shapely
from shapely.geometry import Polygon

from case import ARCS, arcs, case, file, inline
from esri import WGS84, load, subset

QUADRANT_SEGMENTS = 256
# A polygon of so many corners has 0.01 % less area than its circle.
CIRCLE_POINTS = 256
NASTY = "tests/data/nasty/"
CITIES = "examples/cities.json"
ALBERS = "tests/data/counties_albers.json"
# Nasty polygons whose repaired shape is not a matter of taste.
NASTY_POLYGONS = [
    "bowtie",
    "spike",
    "duplicate_points",
    "hole_touches_shell",
    "hole_outside",
    "overlapping_parts",
    "nested_parts",
    "wrong_orientation",
    "unclosed_ring",
    "sliver",
    "star",
]


def metres(distance):
    return {"distance": distance, "units": "esriMeters"}


def kilometres(distance):
    return {"distance": distance, "units": "esriKilometers"}


def buffered(geometry, distance, **more):
    return shapely.buffer(geometry, distance, quad_segs=QUADRANT_SEGMENTS, **more)


def named(layer, key="NAME"):
    return [({key: attributes[key]}, geometry) for attributes, geometry in layer.rows()]


def circle(point, radius_m):
    """The geodesic circle around a point, by the direct problem; longitudes run on past 180."""
    ring = []
    for k in range(CIRCLE_POINTS):
        azimuth = 360.0 * k / CIRCLE_POINTS
        end = WGS84.Direct(point.y, point.x, azimuth, radius_m, WGS84.STANDARD | WGS84.LONG_UNROLL)
        ring.append((end["lon2"], end["lat2"]))
    return Polygon(ring)


def local_buffer(geometry, distance_m):
    """A geodesic buffer by the azimuthal equidistant projection around the centre: right for small features."""
    centre = geometry.centroid
    local = pyproj.CRS.from_proj4(f"+proj=aeqd +lat_0={centre.y} +lon_0={centre.x} +datum=WGS84 +units=m")
    there = pyproj.Transformer.from_crs("EPSG:4326", local, always_xy=True)
    dense = shapely.segmentize(geometry, 0.01)
    plane = shapely.transform(dense, lambda xy: list(zip(*there.transform(xy[:, 0], xy[:, 1]), strict=True)))
    grown = buffered(plane, distance_m)
    return shapely.transform(
        grown, lambda xy: list(zip(*there.transform(xy[:, 0], xy[:, 1], direction="INVERSE"), strict=True))
    )


def planar_cases():
    counties = load(ALBERS)
    yield case(
        "Buffer",
        "counties_1km",
        {"Input_Features": file(ALBERS), "Distance": kilometres(1), "Method": "PLANAR"},
        [(key, buffered(geometry, 1000)) for key, geometry in named(counties, "GEOID")],
        note="real coast, outwards",
        tolerance=arcs(1000) | {"length_ratio": 2e-2},
    )
    shrunk = [(key, buffered(geometry, -1000)) for key, geometry in named(counties, "GEOID")]
    yield case(
        "Buffer",
        "counties_inwards",
        {"Input_Features": file(ALBERS), "Distance": kilometres(-1), "Method": "PLANAR"},
        [(key, geometry) for key, geometry in shrunk if not geometry.is_empty],
        note="a negative distance shrinks; features that vanish are left out",
        tolerance=arcs(1000) | {"length_ratio": 2e-2},
    )
    yield case(
        "Buffer",
        "counties_outside_only",
        {"Input_Features": file(ALBERS), "Distance": metres(500), "Method": "PLANAR", "Side": "OUTSIDE_ONLY"},
        [(key, buffered(geometry, 500).difference(geometry)) for key, geometry in named(counties, "GEOID")],
        note="the ring around each polygon without the polygon",
        tolerance=arcs(500) | {"area_ratio": 1e-2, "length_ratio": 2e-2},
    )
    yield case(
        "Buffer",
        "counties_dissolve_all",
        {"Input_Features": file(ALBERS), "Distance": kilometres(2), "Method": "PLANAR", "Dissolve_Type": "ALL"},
        [({}, shapely.union_all([buffered(geometry, 2000) for _, geometry in counties.rows()]))],
        note="one multipart feature",
        tolerance=arcs(2000) | {"length_ratio": 2e-2},
    )
    hexagons = load("tests/data/hexagons_albers.json")
    classes = {attributes["CLASS"] for attributes in hexagons.attributes}
    yield case(
        "Buffer",
        "hexagons_dissolve_list",
        {
            "Input_Features": file("tests/data/hexagons_albers.json"),
            "Distance": metres(1500),
            "Method": "PLANAR",
            "Dissolve_Type": "LIST",
            "Dissolve_Fields": ["CLASS"],
        },
        [
            (
                {"CLASS": value},
                shapely.union_all([buffered(g, 1500) for a, g in hexagons.rows() if a["CLASS"] == value]),
            )
            for value in sorted(classes)
        ],
        note="one feature a class",
        tolerance=arcs(1500),
    )
    for unit, size in {"esriIntFeet": 0.3048, "esriFeet": 1200 / 3937, "esriIntMiles": 1609.344}.items():
        points = load(NASTY + "coincident_points.json")
        yield case(
            "Buffer",
            f"points_unit_{unit.removeprefix('esri').lower()}",
            {"Input_Features": file(NASTY + "coincident_points.json"), "Distance": {"distance": 100, "units": unit}},
            [(key, buffered(point, 100 * size)) for key, point in named(points)],
            note="units of length, survey and international",
            tolerance=arcs(100 * size),
        )


def nasty_cases():
    for name in NASTY_POLYGONS:
        layer = load(f"{NASTY}{name}.json")
        yield case(
            "Buffer",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json"), "Distance": metres(10), "Method": "PLANAR"},
            [(key, buffered(geometry, 10)) for key, geometry in named(layer)],
            note="repaired first, then buffered",
            tolerance=arcs(10) | {"area_ratio": 5e-3, "length_ratio": 1e-2},
        )
    for name in ("empty_geometry", "null_geometry", "nan_point"):
        layer = load(f"{NASTY}{name}.json")
        yield case(
            "Buffer",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json"), "Distance": metres(10), "Method": "PLANAR"},
            [(key, buffered(geometry, 10)) for key, geometry in named(layer)],
            note="a feature without geometry has no buffer and is left out",
            tolerance=arcs(10),
        )


def line_cases():
    line = {"paths": [[[0, 0], [1000, 0], [1000, 1000]]]}
    layer = inline("Polyline", 5070, {"NAME": "String"}, [({"NAME": "left turn"}, line)])
    geometry = shapely.LineString(line["paths"][0])
    shapes = {
        "round": ({"End_Type": "ROUND"}, buffered(geometry, 100)),
        "flat": ({"End_Type": "FLAT"}, buffered(geometry, 100, cap_style="flat")),
        "left": ({"Side": "LEFT"}, buffered(geometry, 100, single_sided=True)),
        "right": ({"Side": "RIGHT"}, buffered(geometry, -100, single_sided=True)),
    }
    for name, (more, expected) in shapes.items():
        yield case(
            "Buffer",
            f"line_{name}",
            {"Input_Features": layer, "Distance": metres(100), "Method": "PLANAR", **more},
            [({"NAME": "left turn"}, expected)],
            note="a line that turns left once; one-sided buffers end flat",
            tolerance=arcs(100),
        )
    layer = load(NASTY + "self_crossing_line.json")
    yield case(
        "Buffer",
        "nasty_self_crossing_line",
        {"Input_Features": file(NASTY + "self_crossing_line.json"), "Distance": metres(10), "Method": "PLANAR"},
        [(key, buffered(geometry, 10)) for key, geometry in named(layer)],
        note="holes of the figure of eight stay open",
        tolerance=arcs(10),
    )
    rows = [({"NAME": f"p{d}", "DIST": d}, {"x": 1000.0 * d, "y": 0}) for d in (50, 125.5, 300)]
    yield case(
        "Buffer",
        "distance_field",
        {
            "Input_Features": inline("Point", 5070, {"NAME": "String", "DIST": "Double"}, rows),
            "Distance_Field": "DIST",
            "Method": "PLANAR",
        },
        [({"NAME": a["NAME"]}, buffered(shapely.Point(g["x"], g["y"]), a["DIST"])) for a, g in rows],
        note="numbers of a field are in the unit of the spatial reference",
        tolerance=arcs(50),
    )


def geodesic_cases():
    cities = load(CITIES)
    for name, method in {"cities_geodesic": "GEODESIC", "cities_degrees_planar": "PLANAR"}.items():
        yield case(
            "Buffer",
            name,
            {"Input_Features": file(CITIES), "Distance": kilometres(100), "Method": method},
            [(key, circle(point, 100_000)) for key, point in named(cities, "CITY")],
            note="metres on geographic coordinates are geodesic whatever the method",
            measure="geodesic",
            tolerance=ARCS,
        )
    for name in ("antimeridian_point", "pole"):
        layer = load(f"{NASTY}{name}.json")
        yield case(
            "Buffer",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json"), "Distance": kilometres(50), "Method": "GEODESIC"},
            [(key, circle(point, 50_000)) for key, point in named(layer)],
            note="the area on the ellipsoid does not depend on where the buffer is cut",
            measure="geodesic",
            tolerance={"area_ratio": 5e-3},
        )
    counties = load("tests/data/counties.json")
    chosen = subset(counties, lambda row: row["STATE"] == "Colorado" and row["GEOID"] < "08020")
    keep = {feature["attributes"]["GEOID"] for feature in chosen["features"]}
    yield case(
        "Buffer",
        "counties_geodesic",
        {"Input_Features": chosen, "Distance": kilometres(5), "Method": "GEODESIC"},
        [(key, local_buffer(g, 5000)) for key, g in named(counties, "GEOID") if key["GEOID"] in keep],
        note="polygons: azimuthal equidistant around each centre, area on the ellipsoid",
        measure="geodesic",
        tolerance=ARCS | {"length_ratio": 1e-2},
    )


def cases():
    return [*planar_cases(), *nasty_cases(), *line_cases(), *geodesic_cases()]
