"""Lines cut where they meet, at vertices, at lengths and at points, by GEOS and GeographicLib."""

import shapely
from scipy.optimize import minimize_scalar
from shapely.geometry import LineString, Point
from shapely.ops import linemerge, substring

from case import case, file, inline
from esri import WGS84, Layer, load
from feature_cases import ALBERS, BORDERS, GEODESIC, HEXAGONS, NASTY, NEAR, RIVERS, along, raw_paths, some, steps
from overlay_cases import grid_lines

CITIES = "examples/cities.json"
LINES = NEAR | {"length_ratio": 1e-6}


def outline(geometry):
    return geometry.boundary if shapely.get_dimensions(geometry) == 2 else geometry


def noded(layers):
    """All lines cut where they meet. Where a ring begins is no such place, where a line ends is one."""
    rows = [row for layer in layers for row in layer.rows()]
    pieces = shapely.union_all([outline(geometry) for _, geometry in rows])
    ends = shapely.MultiPoint([
        end
        for _, geometry in rows
        if shapely.get_dimensions(geometry) == 1
        for part in shapely.get_parts(geometry)
        for end in (part.coords[0], part.coords[-1])
    ])
    merged = linemerge(pieces) if pieces.geom_type == "MultiLineString" else pieces
    return [piece for line in shapely.get_parts(merged) for piece in cut_at(line, ends)]


def cut_at(line, ends):
    """Merging joined lines at their ends too: they are cut there again."""
    stops = {line.project(end) for end in shapely.get_parts(ends) if end.distance(line) < 1e-9}
    stops = sorted({0.0, line.length} | {at for at in stops if 0.0 < at < line.length})
    return [substring(line, a, b) for a, b in zip(stops, stops[1:], strict=False)]


def sources(layer, piece):
    middle = piece.interpolate(0.5, normalized=True)
    return [row for row, geometry in layer.rows() if outline(geometry).distance(middle) < 1e-9] or [None]


def with_attributes(layers, keys):
    rows = []
    for piece in noded(layers):
        combinations = [{}]
        for layer, key in zip(layers, keys, strict=True):
            found = sources(layer, piece)
            combinations = [
                before | {key: None if row is None else row[key]} for before in combinations for row in found
            ]
        rows += [(combination, piece) for combination in combinations]
    return rows


def to_line_cases():
    grid = Layer(grid_lines())
    first_borders = some(BORDERS, lambda row: row["COUNTRY_A"] < "C")
    counties = some(ALBERS, lambda row: row["GEOID"] in ("25021", "25025", "25005"))
    frame = [[[580_000, 6_700_000], [900_000, 6_900_000]], [[580_000, 6_900_000], [900_000, 6_700_000]]]
    cross = Layer(inline("Polyline", 2154, {"LINE": "String"}, [({"LINE": "cross"}, {"paths": frame})]))
    meridians = [({"LINE": str(x)}, {"paths": [[[x, -60], [x, 80]]]}) for x in range(-120, 180, 20)]
    meridians = Layer(inline("Polyline", 4326, {"LINE": "String"}, meridians))
    for name, inputs, keys, note in (
        ("counties", [counties], ["GEOID"], "a shared border comes once for each county"),
        ("hexagons", [some(HEXAGONS, lambda row: row["OBJECTID"] <= 60)], ["ZONE"], "a net of hexagons"),
        ("counties_grid", [counties, grid], ["GEOID", "LINE"], "two layers: the attributes of both"),
        ("rivers_cross", [load(RIVERS), cross], ["NAME", "LINE"], "rivers by two lines that cross"),
        ("borders_meridians", [first_borders, meridians], ["COUNTRY_A", "LINE"], "planar in degrees"),
    ):
        # A list holds no files: the layers themselves are part of the case.
        yield case(
            "FeatureToLine",
            name,
            {"Input_Features": [layer.json for layer in inputs], "Attributes": "ATTRIBUTES"},
            with_attributes(inputs, keys),
            note=note,
            tolerance=LINES,
        )
    for name in ("self_crossing_line", "hole_touches_shell", "overlapping_parts", "star", "antimeridian_line"):
        layer = load(f"{NASTY}{name}.json")
        yield case(
            "FeatureToLine",
            f"nasty_{name}",
            {"Input_Features": [layer.json], "Attributes": "NO_ATTRIBUTES"},
            [({}, piece) for piece in noded([layer])],
            note="repaired first; every stretch once",
            tolerance=LINES,
        )


def numbered(key, pieces):
    return [({"ORIG_FID": key, "ORIG_SEQ": number}, piece) for number, piece in enumerate(pieces, 1)]


def split_cases():
    for name, layer in (
        ("yonne", some(RIVERS, lambda row: row["NAME"] == "Yonne")),
        ("hexagons", some(HEXAGONS, lambda row: row["OBJECTID"] <= 40)),
    ):
        rows = []
        for row, paths in raw_paths(layer):
            edges = [LineString(edge) for path in paths for edge in zip(path, path[1:], strict=False)]
            rows += numbered(row["OBJECTID"], edges)
        parameters = {"Input_Features": layer.json}
        yield case("SplitLine", f"{name}_vertices", parameters, rows, note="a line an edge", tolerance=LINES)
    rows = []
    for row, line in load(RIVERS).rows():
        stops = [*range(0, int(line.length), 40_000), line.length]
        rows += numbered(row["OBJECTID"], [substring(line, a, b) for a, b in zip(stops, stops[1:], strict=False)])
    yield case(
        "SplitLine",
        "rivers_40_km",
        {"Input_Features": file(RIVERS), "Length": {"distance": 40, "units": "esriKilometers"}},
        rows,
        note="pieces of 40 km and the rest",
        tolerance=LINES,
        paths=True,
    )
    rows = []
    for row, [path] in raw_paths(load(BORDERS)):
        rows += numbered(row["OBJECTID"], geodesic_pieces(path, 900_000))
    yield case(
        "SplitLine",
        "borders_900_km",
        {"Input_Features": file(BORDERS), "Length": {"distance": 900, "units": "esriKilometers"}},
        rows,
        note="pieces of 900 km on the ellipsoid",
        tolerance=GEODESIC | {"length_ratio": 1e-9},
    )


def geodesic_pieces(path, piece_m):
    """Cut where `along` says, the vertices between kept."""
    reached = [0.0]
    for step in steps(path):
        reached.append(reached[-1] + step[3])
    stops = [*range(0, int(reached[-1]) + 1, piece_m), reached[-1]]
    for a, b in zip(stops, stops[1:], strict=False):
        between = [xy for xy, at in zip(path, reached, strict=True) if a + 1e-6 < at < b - 1e-6]
        yield LineString([along(path, a), *between, along(path, b)])


def cut_lines(layer, places_of):
    """`places_of(line)`: positions along the line, which are sorted; no cut at the ends."""
    rows = []
    for row, line in layer.rows():
        stops = sorted({at for at in places_of(line) if 1e-9 < at < line.length - 1e-9})
        stops = [0.0, *stops, line.length]
        rows += numbered(row["OBJECTID"], [substring(line, a, b) for a, b in zip(stops, stops[1:], strict=False)])
    return rows


def at_point_cases():
    rivers = load(RIVERS)
    places = [line.interpolate(share, normalized=True) for _, line in rivers.rows() for share in (0.2, 0.45, 0.7, 0.9)]
    places = [Point(place.x + 300 * (-1) ** number, place.y + 80 * number) for number, place in enumerate(places)]
    points = [({"NAME": str(number)}, {"x": place.x, "y": place.y}) for number, place in enumerate(places)]
    points = inline("Point", 2154, {"NAME": "String"}, points)
    base = {"Input_Features": file(RIVERS), "Point_Features": points}
    yield case(
        "SplitLineAtPoint",
        "rivers_within_500_m",
        base | {"Search_Radius": {"distance": 500, "units": "esriMeters"}},
        cut_lines(rivers, lambda line: [line.project(place) for place in places if line.distance(place) <= 500]),
        note="some points are too far away",
        tolerance=LINES,
        paths=True,
    )
    yield case(
        "SplitLineAtPoint",
        "rivers_nearest",
        base,
        cut_lines(rivers, lambda line: [line.project(min(places, key=line.distance))]),
        note="the nearest point alone",
        tolerance=LINES,
        paths=True,
    )
    borders, cities = load(BORDERS), load(CITIES)
    towns = [point for _, point in cities.rows()]

    def near(line):
        found = [nearest_on_ellipsoid(line, town) for town in towns if line.distance(town) < 5]
        return [at for distance, at in found if distance <= 50_000]

    def nearest(line):
        return [min(nearest_on_ellipsoid(line, town) for town in towns if line.distance(town) < 25)[1]]

    radius = {"Search_Radius": {"distance": 50, "units": "esriKilometers"}}
    few = some(BORDERS, lambda row: row["OBJECTID"] % 12 == 0)
    for name, layer, places_of, more in (
        ("borders_within_50_km", borders, near, radius),
        ("borders_nearest", few, nearest, {}),
    ):
        yield case(
            "SplitLineAtPoint",
            name,
            {"Input_Features": layer.json if layer is few else file(BORDERS), "Point_Features": file(CITIES)} | more,
            cut_lines(layer, places_of),
            note="cities at borders, by distances on the ellipsoid; a minimum is flat: known to a metre",
            tolerance={"distance": 1e-5, "length_ratio": 1e-4},
        )


def nearest_on_ellipsoid(line, town):
    """The least geodesic distance to a line that is straight in degrees, and where along it, in degrees, it is."""
    best, passed = (float("inf"), 0.0), 0.0
    for a, b in zip(line.coords, line.coords[1:], strict=False):
        edge = LineString([a, b])

        def distance(at, edge=edge):
            place = edge.interpolate(at)
            return WGS84.Inverse(town.y, town.x, place.y, place.x)["s12"]

        if edge.distance(town) < line.distance(town) * 3 + 0.1:
            found = minimize_scalar(distance, bounds=(0, edge.length), method="bounded", options={"xatol": 1e-9})
            for at in (0.0, found.x, edge.length):
                best = min(best, (distance(at), passed + at))
        passed += edge.length
    return best


def cases():
    return [*to_line_cases(), *split_cases(), *at_point_cases()]
