"""Points, parts and pieces of features by GEOS and GeographicLib."""

import shapely
from shapely.geometry import LineString, Point

from case import case, file, inline
from esri import WGS84, Layer, load, subset

ALBERS = "tests/data/counties_albers.json"
COUNTRIES = "examples/countries.json"
HEXAGONS = "tests/data/hexagons_albers.json"
RIVERS = "tests/data/rivers.json"
BORDERS = "tests/data/borders.json"
NASTY = "tests/data/nasty/"
# Millimetres in metres; the same share of a degree.
NEAR = {"distance": 1e-6}
# Positions along geodesics, in degrees: 0.01 mm.
GEODESIC = {"distance": 1e-10}


def keyed(layer, key):
    """The rows that have a geometry: key attributes, object id, geometry."""
    return [({key: row[key], "ORIG_FID": row["OBJECTID"]}, geometry) for row, geometry in layer.rows()]


def some(path, keep):
    """The rows of a layer that please `keep`."""
    return Layer(subset(load(path), keep))


def raw_paths(layer):
    """The rings or paths of every row of a layer that needs no repair, as it has them: GEOS turns rings."""
    for feature in layer.json["features"]:
        geometry = feature["geometry"]
        yield feature["attributes"], geometry.get("paths") or geometry.get("rings")


def to_point_cases():
    for name, path, key in (
        ("counties", ALBERS, "GEOID"),
        ("countries", COUNTRIES, "NAME"),
        ("rivers", RIVERS, "NAME"),
        ("borders", BORDERS, "COUNTRY_A"),
    ):
        yield case(
            "FeatureToPoint",
            f"{name}_centroid",
            {"Input_Features": file(path), "Point_Location": "CENTROID"},
            [(row, geometry.centroid) for row, geometry in keyed(load(path), key)],
            note="the centroid in the coordinates, in degrees too",
            tolerance=NEAR,
        )
    for name in ("multipoint", "hole_touches_shell", "bowtie", "star", "self_crossing_line", "antimeridian_cut"):
        yield case(
            "FeatureToPoint",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json")},
            [(row, geometry.centroid) for row, geometry in keyed(load(f"{NASTY}{name}.json"), "NAME")],
            note="repaired first",
            tolerance=NEAR,
        )
    inside = [(row, geometry.centroid) for row, geometry in keyed(load(HEXAGONS), "ZONE")]
    yield case(
        "FeatureToPoint",
        "hexagons_inside",
        {"Input_Features": file(HEXAGONS), "Point_Location": "INSIDE"},
        inside,
        note="a convex polygon holds its centroid",
        tolerance=NEAR,
    )
    rows = [(row, line.interpolate(0.5, normalized=True)) for row, line in keyed(load(RIVERS), "NAME")]
    yield case(
        "FeatureToPoint",
        "rivers_inside",
        {"Input_Features": file(RIVERS), "Point_Location": "INSIDE"},
        rows,
        note="the middle of a line",
        tolerance=NEAR,
    )


def vertices_of(paths, point_type):
    for path in paths:
        if point_type == "ALL":
            yield from path
        elif point_type == "MID":
            yield LineString(path).interpolate(0.5, normalized=True).coords[0]
        else:
            yield from {"START": path[:1], "END": path[-1:], "BOTH_ENDS": [path[0], path[-1]]}[point_type]


def vertex_cases():
    for name, layer, kinds in (
        ("hexagons", some(HEXAGONS, lambda row: row["OBJECTID"] % 5 == 0), ("ALL", "MID", "BOTH_ENDS")),
        ("yonne", some(RIVERS, lambda row: row["NAME"] == "Yonne"), ("ALL",)),
        ("rivers", load(RIVERS), ("MID", "START", "END")),
        ("borders", load(BORDERS), ("MID",)),
    ):
        for kind in kinds:
            rows = [
                ({"ORIG_FID": row["OBJECTID"]}, Point(xy))
                for row, paths in raw_paths(layer)
                for xy in vertices_of(paths, kind)
            ]
            yield case(
                "FeatureVerticesToPoints",
                f"{name}_{kind.lower()}",
                {"Input_Features": file(BORDERS) if name == "borders" else layer.json, "Point_Type": kind},
                rows,
                note="every part has points of its own; the middle is planar",
                tolerance=NEAR,
            )
    for name, path, tolerance in (("rivers", RIVERS, 1e-3), ("borders", BORDERS, 1e-8)):
        yield case(
            "FeatureVerticesToPoints",
            f"{name}_dangle",
            {"Input_Features": file(path), "Point_Type": "DANGLE"},
            [({"ORIG_FID": row["OBJECTID"]}, end) for row, end in dangles(load(path), tolerance)],
            note="ends farther than the tolerance of ArcGIS from every other line",
            tolerance=NEAR,
        )


def dangles(layer, tolerance):
    parts = [(row, part) for row, geometry in layer.rows() for part in shapely.get_parts(geometry)]
    tree = shapely.STRtree([part for _, part in parts])
    for number, (row, part) in enumerate(parts):
        for end in (Point(part.coords[0]), Point(part.coords[-1])):
            touched = set(tree.query(end, predicate="dwithin", distance=tolerance)) - {number}
            if not touched and not part.is_ring:
                yield row, end


def single_part_cases():
    for name, path, key in (("counties", ALBERS, "GEOID"), ("rivers", RIVERS, "NAME")):
        rows = [(row, part) for row, geometry in keyed(load(path), key) for part in shapely.get_parts(geometry)]
        yield case("MultipartToSinglepart", name, {"Input_Features": file(path)}, rows, note="a row a part")
    islands = subset(load(COUNTRIES), lambda row: row["NAME"] in ("Canada", "Indonesia", "South Africa", "Fiji"))
    rows = [(row, part) for row, shape in keyed(Layer(islands), "NAME") for part in shapely.get_parts(shape)]
    yield case("MultipartToSinglepart", "islands", {"Input_Features": islands}, rows, note="islands and a hole")
    for name in ("multipoint", "nested_parts", "overlapping_parts", "bowtie", "star", "hole_outside"):
        layer = load(f"{NASTY}{name}.json")
        rows = [(row, part) for row, shape in keyed(layer, "NAME") for part in shapely.get_parts(shape)]
        yield case(
            "MultipartToSinglepart",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json")},
            rows,
            note="repaired, then taken apart",
        )


def steps(path):
    """The edges of a path with their lengths and azimuths on the ellipsoid."""
    for (ax, ay), (bx, by) in zip(path, path[1:], strict=False):
        way = WGS84.Inverse(ay, ax, by, bx)
        yield ax, ay, way["azi1"], way["s12"]


def along(path, distance):
    """The position at a distance along geodesics from the start of a path in degrees."""
    for x, y, azimuth, length in steps(path):
        if distance <= length:
            there = WGS84.Direct(y, x, azimuth, distance)
            return there["lon2"], there["lat2"]
        distance -= length
    return path[-1]


def generated_cases():
    rivers = keyed(load(RIVERS), "NAME")
    rows = []
    for row, line in rivers:
        stops = [0.0, *[25_000.0 * k for k in range(1, int(line.length / 25_000) + 1)], line.length]
        rows += [
            (row | {"ORIG_SEQ": number, "ORIG_LEN": at}, line.interpolate(at)) for number, at in enumerate(stops, 1)
        ]
    yield case(
        "GeneratePointsAlongLines",
        "rivers_25_km",
        {
            "Input_Features": file(RIVERS),
            "Distance": {"distance": 25, "units": "esriKilometers"},
            "Include_End_Points": "END_POINTS",
            "Add_Chainage_Fields": "ADD_CHAINAGE",
        },
        rows,
        note="a point every 25 km and at both ends, planar",
        tolerance=NEAR,
    )
    yield case(
        "GeneratePointsAlongLines",
        "rivers_percentage",
        {"Input_Features": file(RIVERS), "Point_Placement": "PERCENTAGE", "Percentage": 7},
        [(row, line.interpolate(k * 0.07, normalized=True)) for row, line in rivers for k in range(1, 15)],
        note="7 %, 14 % and so on",
        tolerance=NEAR,
    )
    rows = []
    for row, rings in raw_paths(load(HEXAGONS)):
        ring = LineString(rings[0])
        rows += [({"ZONE": row["ZONE"]}, ring.interpolate(at)) for at in range(30_000, int(ring.length), 30_000)]
    yield case(
        "GeneratePointsAlongLines",
        "hexagons_30_km",
        {"Input_Features": file(HEXAGONS), "Distance": {"distance": 30_000, "units": "esriMeters"}},
        rows,
        note="outlines of polygons, from where their rings begin",
        tolerance=NEAR,
    )
    yield from geodesic_cases()


def geodesic_cases():
    rows, shares = [], []
    for row, [path] in raw_paths(load(BORDERS)):
        length = sum(step[3] for step in steps(path))
        key = {"ORIG_FID": row["OBJECTID"]}
        rows += [(key, Point(along(path, at))) for at in range(600_000, int(length) + 1, 600_000)]
        shares.append((key, Point(along(path, length * 0.6))))
    yield case(
        "GeneratePointsAlongLines",
        "borders_600_km",
        {"Input_Features": file(BORDERS), "Distance": {"distance": 600, "units": "esriKilometers"}},
        rows,
        note="on the ellipsoid, along the geodesics between vertices",
        tolerance=GEODESIC,
    )
    yield case(
        "GeneratePointsAlongLines",
        "borders_percentage",
        {"Input_Features": file(BORDERS), "Point_Placement": "PERCENTAGE", "Percentage": 60},
        shares,
        note="shares of a length on the ellipsoid",
        tolerance=GEODESIC,
    )
    path = [[170.0, 52.0], [-175.0, 50.0]]
    line = inline("Polyline", 4326, {"NAME": "String"}, [({"NAME": "across"}, {"paths": [path]})])
    positions = [along(path, at) for at in range(100_000, 1_074_142, 100_000)]
    yield case(
        "GeneratePointsAlongLines",
        "across_the_antimeridian",
        {"Input_Features": line, "Distance": {"distance": 100, "units": "esriKilometers"}},
        [({"NAME": "across"}, Point(xy)) for xy in positions],
        note="an edge from 170 to -175 goes the short way",
        tolerance=GEODESIC,
    )


def cases():
    return [*to_point_cases(), *vertex_cases(), *single_part_cases(), *generated_cases()]
