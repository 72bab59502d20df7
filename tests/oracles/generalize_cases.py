"""Simplify Line, Simplify Polygon and Simplify Shared Edges by GEOS, and from the definition by Visvalingam and Whyatt."""

import json

import shapely

from case import case, file, inline
from esri import ROOT, load

ALBERS = "tests/data/counties_albers.json"
COUNTIES = "tests/data/counties.json"
COUNTRIES = "examples/countries.json"
HEXAGONS = "tests/data/hexagons_albers.json"
NASTY = "tests/data/nasty/"
# Vertices are chosen, never moved: what differs is the rounding of the last digits in a file.
SAME = {"area_ratio": 1e-12, "length_ratio": 1e-12}
KILOMETERS = "esriKilometers"
DEGREES = "esriDecimalDegrees"


def only_rows(made):
    """The case without totals, which would lack the rows that have no expectation."""
    if any("area" not in row for row in made["expect"]["rows"]):
        del made["expect"]["total_area"], made["expect"]["total_length"]
    return made


def raw(path):
    """(attributes, rings) as they are in the file: the start of a ring decides what is kept."""
    features = json.loads((ROOT / path).read_text())["features"]
    return [(feature["attributes"], feature["geometry"]["rings"]) for feature in features]


def polygon(rings):
    """Real layers have exteriors that run clockwise."""
    solids = [shapely.Polygon(ring) for ring in rings]
    shells = [ring for ring in rings if not shapely.LinearRing(ring).is_ccw]
    holes = [ring for ring in rings if shapely.LinearRing(ring).is_ccw]
    assert all(solid.is_valid for solid in solids)
    parts = []
    for shell in shells:
        around = shapely.Polygon(shell)
        parts.append(shapely.Polygon(shell, [hole for hole in holes if around.contains(shapely.Polygon(hole))]))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def triangle(a, b, c):
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def visvalingam(points, area):
    """By the definition, without any index: the vertex of the least triangle goes, until none is small enough."""
    points = list(points)
    while len(points) > 2:
        areas = [triangle(*points[k - 1 : k + 2]) for k in range(1, len(points) - 1)]
        least = min(range(len(areas)), key=areas.__getitem__)
        if areas[least] > area:
            break
        del points[least + 1]
    return points


def visvalingam_ring(points, area):
    """The same for a ring, whose start is a vertex like any other; three stay."""
    points = list(points)[:-1]
    while len(points) > 3:
        areas = [triangle(points[k - 1], points[k], points[(k + 1) % len(points)]) for k in range(len(points))]
        least = min(range(len(areas)), key=areas.__getitem__)
        if areas[least] > area:
            break
        del points[least]
    return [*points, points[0]]


def outlines(keep):
    """Outlines of counties as lines, each open: without its last edge."""
    rows = []
    for attributes, rings in raw(ALBERS):
        if keep(attributes):
            rows.append(({"GEOID": attributes["GEOID"]}, {"paths": [rings[0][:-1]]}))
    return inline("Polyline", 5070, {"GEOID": "String"}, rows)


def line_cases():
    lines = outlines(lambda attributes: attributes["GEOID"].endswith("7"))
    paths = [(f["attributes"], f["geometry"]["paths"][0]) for f in lines["features"]]
    for kilometers in (1, 5):
        simple = [(a, shapely.simplify(shapely.LineString(p), kilometers * 1000, preserve_topology=False)) for a, p in paths]
        kept = {a["GEOID"] for a, line in simple if line.is_simple}
        chosen = {**lines, "features": [f for f in lines["features"] if f["attributes"]["GEOID"] in kept]}
        yield case(
            "SimplifyLine",
            f"outlines_offset_{kilometers}_km",
            {"Input_Features": chosen, "Tolerance": {"distance": kilometers, "units": KILOMETERS}},
            [({"GEOID": a["GEOID"]}, line) for a, line in simple if a["GEOID"] in kept],
            note="Douglas and Peucker by GEOS, where its result does not cross itself",
            tolerance=SAME | {"distance": 1e-6},
            paths=True,
        )
    for meters in (2000, 6000):
        simple = [(a, shapely.LineString(visvalingam(p, meters**2))) for a, p in paths]
        kept = {a["GEOID"] for a, line in simple if line.is_simple}
        chosen = {**lines, "features": [f for f in lines["features"] if f["attributes"]["GEOID"] in kept]}
        yield case(
            "SimplifyLine",
            f"outlines_area_{meters}_m",
            {
                "Input_Features": chosen,
                "Algorithm": "EFFECTIVE_AREA",
                "Tolerance": {"distance": meters, "units": "esriMeters"},
            },
            [({"GEOID": a["GEOID"]}, line) for a, line in simple if a["GEOID"] in kept],
            note="Visvalingam and Whyatt from the definition, where the result does not cross itself",
            tolerance=SAME | {"distance": 1e-6},
            paths=True,
        )
    for name in ("degenerate_line", "antimeridian_line"):
        path = f"{NASTY}{name}.json"
        yield case(
            "SimplifyLine",
            f"nasty_{name}",
            {"Input_Features": file(path), "Tolerance": {"distance": 0.5, "units": "esriUnknownUnits"}},
            [({}, "null" if g is None else shapely.simplify(g, 0.5, preserve_topology=False)) for g in load(path).geometries],
            note="few vertices: all that matter stay",
        )


def offset_of(rings, tolerance):
    """The polygon simplified by GEOS; `None` where its rings cross, vanish or are not simple to begin with."""
    if not all(shapely.Polygon(ring).is_valid for ring in rings):
        return None
    whole = polygon(rings)
    parts = [shapely.simplify(part, tolerance, preserve_topology=False) for part in shapely.get_parts(whole)]
    if any(part.is_empty or part.geom_type != "Polygon" for part in parts):
        return None
    simple = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    is_whole = sum(1 + len(part.interiors) for part in parts) == len(rings)
    return simple if is_whole and simple.is_valid and whole.is_valid else None


def polygon_cases():
    layers = (
        ("counties", ALBERS, "esriMeters", (500, 2000), "GEOID"),
        ("countries", COUNTRIES, DEGREES, (0.1, 0.5), "ISO_A3"),
        ("hexagons", HEXAGONS, "esriMeters", (100,), "ZONE"),
    )
    for name, path, units, tolerances, key in layers:
        for tolerance in tolerances:
            simple = [({key: attributes[key]}, offset_of(rings, tolerance)) for attributes, rings in raw(path)]
            assert sum(geometry is not None for _, geometry in simple) * 2 > len(simple)
            made = case(
                "SimplifyPolygon",
                f"{name}_offset_{tolerance}".replace(".", "_"),
                {"Input_Features": file(path), "Tolerance": {"distance": tolerance, "units": units}},
                simple,
                note="Douglas and Peucker by GEOS; where its result would not be valid only the row counts",
                tolerance=SAME | {"distance": 1e-9},
            )
            yield only_rows(made)
    for name in ("square", "spike", "hole_touches_shell", "null_geometry", "zero_area"):
        layer = load(f"{NASTY}{name}.json")
        yield case(
            "SimplifyPolygon",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json"), "Tolerance": {"distance": 1e-6, "units": "esriUnknownUnits"}},
            [({}, "null" if g is None else shapely.simplify(g, 1e-6)) for g in layer.geometries],
            note="repaired first; a tolerance of nothing takes off what is exactly straight",
        )


def area_arc(arc, tolerance):
    """By the definition."""
    simplify = visvalingam_ring if arc.is_ring else visvalingam
    return shapely.LineString(simplify(arc.coords, tolerance**2))


def offset_arc(arc, rings, tolerance):
    """By GEOS. A ring without nodes begins where it does in the file; one of a few vertices is left alone."""
    if not arc.is_ring:
        return shapely.simplify(arc, tolerance, preserve_topology=False)
    around = set(arc.coords)
    own = [ring for ring in rings if set(map(tuple, ring)) == around]
    simple = shapely.simplify(shapely.LinearRing(own[0]) if own else arc, tolerance, preserve_topology=False)
    return shapely.LineString(simple.coords) if len(simple.coords) > 3 else None


def meets_wrongly(line, net):
    """Whether a line meets itself, or another one elsewhere than at an end that both have."""

    def ends(other):
        return shapely.MultiPoint([other.coords[0], other.coords[-1]])

    others = [other for other in net if other is not line and line.intersects(other)]
    meetings = [(line.intersection(other), ends(line).intersection(ends(other))) for other in others]
    return not line.is_simple or any(not shared.covers(meeting) for meeting, shared in meetings)


def shared(path, simplify):
    """The polygons that borders enclose which are simplified one by one, between the nodes of the coverage.

    `None` for those with a border that crosses or touches another after that.
    """
    layer = load(path)
    borders = shapely.line_merge(shapely.union_all([shapely.boundary(each) for _, each in layer.rows()]))
    arcs = shapely.get_parts(borders)
    simple = [simplify(arc) for arc in arcs]
    net = [line for line in simple if line is not None]
    spoilt = [arc for arc, line in zip(arcs, simple, strict=True) if line is None or meets_wrongly(line, net)]
    faces = [face for face in shapely.get_parts(shapely.polygonize(net)) if face.is_valid]
    rows = []
    for attributes, geometry in layer.rows():
        lost = any(geometry.covers(arc) for arc in spoilt)
        parts = [face for face in faces if shapely.intersection(face, geometry).area > face.area / 2]
        rows.append((attributes, None if lost else parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)))
    return rows


def shared_cases():
    for name, path, units, tolerance in (
        ("counties", ALBERS, "esriMeters", 300),
        ("counties", ALBERS, "esriMeters", 1000),
        ("hexagons", HEXAGONS, "esriMeters", 100),
        ("degrees", COUNTIES, DEGREES, 0.01),
    ):
        key = "ZONE" if path == HEXAGONS else "GEOID"
        rings = [ring for _, rings in raw(path) for ring in rings]
        made = shared(path, lambda arc, rings=rings, tolerance=tolerance: offset_arc(arc, rings, tolerance))
        rows = [({key: attributes[key]}, geometry) for attributes, geometry in made]
        made = case(
            "SimplifySharedEdges",
            f"{name}_offset_{tolerance}".replace(".", "_"),
            {"Input_Features": file(path), "Tolerance": {"distance": tolerance, "units": units}},
            rows,
            note="borders between nodes simplified one by one by GEOS, then put together",
            tolerance=SAME | {"distance": 1e-9},
        )
        yield only_rows(made)
    for name, path, units, tolerance in (
        ("counties", ALBERS, "esriMeters", 1000),
        ("counties", ALBERS, "esriMeters", 4000),
        ("degrees", COUNTIES, DEGREES, 0.02),
    ):
        rows = []
        by_geos = shapely.coverage_simplify([geometry for _, geometry in load(path).rows()], tolerance)
        defined = shared(path, lambda arc, tolerance=tolerance: area_arc(arc, tolerance))
        for (attributes, geometry), other in zip(defined, by_geos, strict=True):
            agree = geometry is not None and abs(other.area / geometry.area - 1) < 1e-12
            rows.append(({"GEOID": attributes["GEOID"]}, other if agree else None))
        yield only_rows(
            case(
                "SimplifySharedEdges",
                f"{name}_area_{tolerance}".replace(".", "_"),
                {
                    "Input_Features": file(path),
                    "Algorithm": "EFFECTIVE_AREA",
                    "Tolerance": {"distance": tolerance, "units": units},
                },
                rows,
                note="the coverage simplifier of GEOS, which takes the square of its tolerance too; where other vertices "
                "make it leave one that the definition takes away only the row counts",
                tolerance=SAME | {"distance": 1e-9},
            )
        )


def cases():
    return [*line_cases(), *polygon_cases(), *shared_cases()]
