"""Near: planar by GEOS, on the ellipsoid by GeographicLib.

On the ellipsoid an edge is straight in longitude and latitude; the nearest place on it is found by minimising the
length of the geodesic along it.
"""

import math

import numpy
import pyproj
import shapely
from scipy.optimize import minimize_scalar

from case import case, file, inline
from esri import WGS84, Layer, load, subset
from overlay_cases import grid_lines

ALBERS = "tests/data/counties_albers.json"
HEXAGONS = "tests/data/hexagons_albers.json"
COUNTRIES = "examples/countries.json"
CITIES = "examples/cities.json"
NASTY = "tests/data/nasty/"
# An edge is searched in pieces of so many degrees, in each of which the distance has one least value.
PIECE_DEG = 1.0
GEOD = pyproj.Geod(ellps="WGS84")


def centres(layer, key, keep=lambda row: True):
    """A point inside each polygon, as a feature set."""
    rows = []
    for attributes, geometry in layer.rows():
        if keep(attributes):
            point = geometry.representative_point()
            rows.append(({key: attributes[key]}, {"x": round(point.x, 2), "y": round(point.y, 2)}))
    return inline("Point", layer.wkid, {key: "String"}, rows)


def oid(attributes):
    return attributes["OBJECTID"]


def ends(a, b):
    """The positions between which two geometries are nearest."""
    line = shapely.shortest_line(a, b)
    return line.coords[0], line.coords[-1]


def ranked(geometry, near, limit=math.inf, distance=shapely.distance):
    """(distance, object id, geometry) of what is near, nearest first, then by object id."""
    found = [(distance(geometry, other), oid(row), other) for row, other in near.rows()]
    return sorted((item for item in found if item[0] <= limit), key=lambda item: item[:2])


def angle(start, end):
    if start == end:
        return 0
    return math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))


def near_rows(layer, near, key, limit=math.inf, location=True):
    """Distance, position and direction; no position where they meet, because any common point will do."""
    rows = []
    for attributes, geometry in layer.rows():
        found = ranked(geometry, near, limit)
        if not found:
            none = {"NEAR_FID": -1, "NEAR_DIST": -1, "NEAR_X": -1, "NEAR_Y": -1, "NEAR_ANGLE": 0}
            rows.append(({key: attributes[key], **none}, None))
            continue
        distance, near_oid, other = found[0]
        row = {key: attributes[key], "NEAR_FID": near_oid, "NEAR_DIST": distance}
        start, end = ends(geometry, other)
        if distance > 0 and location:
            row |= {"NEAR_X": end[0], "NEAR_Y": end[1]}
        row["NEAR_ANGLE"] = angle(start, end) if distance > 0 else 0
        rows.append((row, None))
    return rows


def geodesic(a, b):
    return GEOD.inv(a[0], a[1], b[0], b[1])[2]


def to_edge(point, a, b):
    """The least distance from a position to an edge."""
    count = max(1, math.ceil(max(abs(b[0] - a[0]), abs(b[1] - a[1])) / PIECE_DEG))

    def at(t):
        return a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])

    best = min(geodesic(point, a), geodesic(point, b))
    for piece in range(count):
        bounds = (piece / count, (piece + 1) / count)
        found = minimize_scalar(lambda t: geodesic(point, at(t)), bounds=bounds, method="bounded", options={"xatol": 1e-9})
        best = min(best, found.fun)
    return best


def edges(geometry):
    """Edges, the short way across the antimeridian."""
    parts = shapely.get_parts(shapely.boundary(geometry) if shapely.get_dimensions(geometry) == 2 else geometry)
    for part in parts:
        coordinates = list(part.coords)
        for a, b in zip(coordinates[:-1], coordinates[1:], strict=True):
            turn = 360 if b[0] - a[0] < -180 else -360 if b[0] - a[0] > 180 else 0
            yield a, (b[0] + turn, b[1])


def geodesic_distance(a, b):
    """Between any two; of lines and polygons that do not meet, from the vertices of each to the edges of the other."""
    if shapely.get_dimensions(a) > 0:
        a, b = b, a
    if shapely.get_dimensions(a) > 0:
        if shapely.intersects(a, b):
            return 0.0
        return min(near_vertices(a, b), near_vertices(b, a))
    if shapely.get_dimensions(b) == 0:
        return geodesic(a.coords[0], b.coords[0])
    if shapely.get_dimensions(b) == 2 and shapely.intersects(a, b):
        return 0.0
    # What is far from the point is not worth the search along the edge.
    starts, stops = (numpy.array(side) for side in zip(*edges(b), strict=True))
    x, y = (numpy.full(len(starts), value) for value in a.coords[0])
    to_start, to_stop = (GEOD.inv(x, y, side[:, 0], side[:, 1])[2] for side in (starts, stops))
    length = GEOD.inv(starts[:, 0], starts[:, 1], stops[:, 0], stops[:, 1])[2]
    # An edge may bend away from its geodesic, by less than half its length.
    near = numpy.minimum(to_start, to_stop) - 1.5 * length <= min(to_start.min(), to_stop.min())
    return min(to_edge(a.coords[0], p, q) for p, q in zip(starts[near], stops[near], strict=True))


def near_vertices(a, b):
    """From the vertices of `a`, those that are much too far left out, to `b`."""
    vertices = numpy.array(shapely.get_coordinates(a))
    others = numpy.array(shapely.get_coordinates(b))
    first, second = (grid.ravel() for grid in numpy.meshgrid(range(len(vertices)), range(len(others)), indexing="ij"))
    apart = GEOD.inv(vertices[first, 0], vertices[first, 1], others[second, 0], others[second, 1])[2]
    least = apart.reshape(len(vertices), -1).min(axis=1)
    slack = 1.5 * max(geodesic(p, q) for p, q in edges(b))
    return min(geodesic_distance(shapely.Point(p), b) for p in vertices[least - slack <= least.min()])


def azimuth(a, b):
    way = WGS84.Inverse(a[1], a[0], b[1], b[0])
    return way["azi1"] if way["s12"] > 0 else 0


def near_cases():
    columns = {"Location": "LOCATION", "Angle": "ANGLE"}
    hexagons, counties = load(HEXAGONS), load(ALBERS)
    points = centres(hexagons, "ZONE", lambda row: oid(row) % 2)
    yield case(
        "Near",
        "points_counties",
        {"Input_Features": points, "Near_Features": [file(ALBERS)], **columns},
        near_rows(Layer(points), counties, "ZONE"),
        note="0 inside a county, the nearest place of the coast outside",
    )
    chosen = subset(hexagons, lambda row: oid(row) % 5 == 0)
    lines = grid_lines()
    yield case(
        "Near",
        "polygons_lines",
        {"Input_Features": chosen, "Near_Features": [lines], **columns},
        near_rows(Layer(chosen), Layer(lines), "ZONE", location=False),
        note="polygons cut by a line are at a distance of 0; beside a parallel edge any position is the nearest",
    )
    limit = 3_000 * 1609.344 / 1000
    yield case(
        "Near",
        "lines_points_radius",
        {
            "Input_Features": lines,
            "Near_Features": [points],
            "Search_Radius": {"distance": 3, "units": "esriIntMiles"},
            **columns,
        },
        near_rows(Layer(lines), Layer(points), "LINE", limit),
        note="what is further than three miles is -1",
    )
    cities = load(CITIES)
    rows = []
    for attributes, point in cities.rows():
        others = [(geodesic(point.coords[0], o.coords[0]), oid(r), o) for r, o in cities.rows() if r is not attributes]
        distance, near_oid, other = min(others, key=lambda item: item[:2])
        place = other.coords[0]
        row = {"OBJECTID": oid(attributes), "NEAR_FID": near_oid, "NEAR_DIST": distance}
        row |= {"NEAR_X": place[0], "NEAR_Y": place[1], "NEAR_ANGLE": azimuth(point.coords[0], place)}
        rows.append((row, None))
    yield case(
        "Near",
        "cities_cities",
        {"Input_Features": file(CITIES), "Near_Features": [file(CITIES)], **columns},
        rows,
        note="the nearest other city; the near layer is the input itself",
    )
    yield from geodesic_near_cases()


def roughly(a, b):
    """The distance between vertices, and how much less the true one may be."""
    vertices = [numpy.array(shapely.get_coordinates(g)) for g in (a, b)]
    (first, second), lengths = (numpy.meshgrid(*(range(len(v)) for v in vertices))), [0.0]
    first, second = vertices[0][first.ravel()], vertices[1][second.ravel()]
    for geometry in (a, b):
        if shapely.get_dimensions(geometry) > 0:
            lengths += [geodesic(p, q) for p, q in edges(geometry)]
    return min(GEOD.inv(first[:, 0], first[:, 1], second[:, 0], second[:, 1])[2]), 1.5 * max(lengths)


def simple(layer):
    """The rows with fewer vertices, for a small case."""
    features = []
    for feature, geometry in zip(layer.json["features"], layer.geometries, strict=True):
        parts = shapely.get_parts(shapely.simplify(geometry, 1.5))
        rings = [[[round(x, 2), round(y, 2)] for x, y in part.exterior.coords][::-1] for part in parts]
        kept = {key: feature["attributes"][key] for key in ("OBJECTID", "ISO_A3")}
        features.append({"attributes": kept, "geometry": {"rings": rings}})
    fields = [field for field in layer.json["fields"] if field["name"] in ("OBJECTID", "ISO_A3")]
    return {**layer.json, "fields": fields, "features": features}


def nearest_only(layer, near, key):
    rows = []
    for attributes, geometry in layer.rows():
        rough = [(*roughly(geometry, other), number) for number, (_, other) in enumerate(near.rows())]
        least = min(distance for distance, _, _ in rough)
        close = [near.rows()[number] for distance, less, number in rough if distance - less <= least]
        found = [(geodesic_distance(geometry, other), oid(row)) for row, other in close]
        distance, near_oid = min(found)
        rows.append(({key: attributes[key], "NEAR_FID": near_oid, "NEAR_DIST": distance}, None))
    return rows


def geodesic_near_cases():
    cities, countries = load(CITIES), load(COUNTRIES)
    islands = subset(countries, lambda row: row["ISO_A3"] in ("NZL", "ISL", "FJI", "MDG", "LKA", "CUB"))
    some = subset(cities, lambda row: oid(row) % 8 == 0)
    yield case(
        "Near",
        "cities_islands",
        {"Input_Features": some, "Near_Features": [islands]},
        nearest_only(Layer(some), Layer(islands), "CITY"),
        note="coasts whose edges are straight in degrees, near and on the other side of the earth",
    )
    yield case(
        "Near",
        "islands_cities",
        {"Input_Features": islands, "Near_Features": [file(CITIES)], "Method": "GEODESIC"},
        nearest_only(Layer(islands), cities, "ISO_A3"),
        note="polygons with cities inside and without",
    )
    some = [row["ISO_A3"] for row, _ in countries.rows() if oid(row) % 4 == 1 and row["ISO_A3"] != "ATA"]
    far = Layer(subset(countries, lambda row: row["ISO_A3"] in some[::2]))
    near = Layer(subset(countries, lambda row: row["ISO_A3"] in some[1::2]))
    yield case(
        "Near",
        "countries_countries",
        {"Input_Features": simple(far), "Near_Features": [simple(near)]},
        nearest_only(Layer(simple(far)), Layer(simple(near)), "ISO_A3"),
        note="between polygons, with vertices left out; 0 between neighbours that overlap then",
    )
    lines = [
        ({"NAME": "parallel"}, {"paths": [[[-150, 70], [150, 70]]]}),
        ({"NAME": "meridian"}, {"paths": [[[-90, -80], [-90, 89]]]}),
        ({"NAME": "across"}, {"paths": [[[170, 50], [-170, 55]]]}),
    ]
    lines = inline("Polyline", 4326, {"NAME": "String"}, lines)
    places = [(179, 60), (-179, 45), (0, 89.5), (90, 89.5), (10, 71), (-89, 0), (90, -85), (0, 0)]
    points = inline(
        "Point", 4326, {"NAME": "String"}, [({"NAME": f"{x} {y}"}, {"x": x, "y": y}) for x, y in places]
    )
    yield case(
        "Near",
        "long_edges",
        {"Input_Features": points, "Near_Features": [lines]},
        nearest_only(Layer(points), Layer(lines), "NAME"),
        note="edges of up to 300 degrees, one across the antimeridian, and points beside the pole",
    )
    for name, near in (("antimeridian_point", "antimeridian_line"), ("pole", "antimeridian_point")):
        yield case(
            "Near",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json"), "Near_Features": [file(f"{NASTY}{near}.json")]},
            nearest_only(load(f"{NASTY}{name}.json"), load(f"{NASTY}{near}.json"), "NAME"),
            note=f"to {near}",
        )


def cases():
    return [*near_cases()]
