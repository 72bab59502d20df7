"""Deterministic benchmark payloads: one source of geometry in EPSG:3857 metres, written for each kind of server.

GeoJSON in metres for the planar peer, GeoJSON in degrees for Turf, Esri JSON form bodies for us.
a: one point; b: 1,000 points; c: 400 parcels (a clean coverage, 1 MB) with 25 zones of 200 vertices.
"""

import json
import math
from urllib.parse import urlencode

import numpy as np
import shapely
from shapely.geometry import Point, Polygon

LEFT, BOTTOM = 950_000.0, 6_000_000.0
EARTH_RADIUS_M = 6_378_137.0
DISTANCE_M = 500.0
PARCELS_A_SIDE, PARCEL_M, EDGE_SEGMENTS = 20, 2000.0, 25
QUADRANT_SEGMENTS = 16


def degrees(x, y):
    latitude = 2 * math.atan(math.exp(y / EARTH_RADIUS_M)) - math.pi / 2
    return [round(math.degrees(x / EARTH_RADIUS_M), 7), round(math.degrees(latitude), 7)]


def metres(x, y):
    return [round(float(x), 2), round(float(y), 2)]


def jagged_edge(random, start, end):
    """A border of two parcels: a line with noise across it."""
    (x1, y1), (x2, y2) = start, end
    length = math.hypot(x2 - x1, y2 - y1)
    across = (-(y2 - y1) / length, (x2 - x1) / length)
    points = [start]
    for k in range(1, EDGE_SEGMENTS):
        t = k / EDGE_SEGMENTS
        offset = random.uniform(-60, 60) * min(1.0, 4 * min(t, 1 - t))
        points.append((x1 + t * (x2 - x1) + across[0] * offset, y1 + t * (y2 - y1) + across[1] * offset))
    return [*points, end]


def parcels(random):
    n = PARCELS_A_SIDE
    corner = {}
    for i in range(n + 1):
        for j in range(n + 1):
            shift = 0 if i in (0, n) or j in (0, n) else 500
            corner[i, j] = (
                LEFT + i * PARCEL_M + random.uniform(-shift, shift),
                BOTTOM + j * PARCEL_M + random.uniform(-shift, shift),
            )
    across = {(i, j): jagged_edge(random, corner[i, j], corner[i + 1, j]) for i in range(n) for j in range(n + 1)}
    up = {(i, j): jagged_edge(random, corner[i, j], corner[i, j + 1]) for i in range(n + 1) for j in range(n)}
    shapes = []
    for i in range(n):
        for j in range(n):
            top, left = across[i, j + 1][::-1], up[i, j][::-1]
            ring = across[i, j] + up[i + 1, j][1:] + top[1:] + left[1:]
            shapes.append(Polygon([metres(x, y) for x, y in ring]))
    return shapes


def zones(random):
    shapes = []
    for k in range(25):
        x, y = LEFT + 4000 + (k % 5) * 8000, BOTTOM + 4000 + (k // 5) * 8000
        ring = []
        for angle in (2 * math.pi * step / 200 for step in range(200)):
            radius = 3000 + 700 * math.sin(7 * angle + k) + random.uniform(-80, 80)
            ring.append(metres(x + radius * math.cos(angle), y + radius * math.sin(angle)))
        shapes.append(Polygon(ring))
    return shapes


def attributes(kind, i):
    if kind == "site":
        return {"OBJECTID": i + 1, "name": f"site {i + 1}", "value": i % 97}
    if kind == "parcel":
        use = ["forest", "arable", "urban", "water"][i % 4]
        return {"OBJECTID": i + 1, "parcel": f"CH-{i + 1:05d}", "landuse": use, "value": round(1000.5 + i * 3.25, 2)}
    return {"OBJECTID": i + 1, "zone": f"Z{i + 1}", "class": i % 5}


def geojson(kind, shapes, position):
    def geometry(shape):
        if shape.geom_type == "Point":
            return {"type": "Point", "coordinates": position(shape.x, shape.y)}
        ring = shapely.geometry.polygon.orient(shape, 1.0).exterior.coords
        return {"type": "Polygon", "coordinates": [[position(x, y) for x, y in ring]]}

    features = [
        {"type": "Feature", "properties": attributes(kind, i), "geometry": geometry(shape)}
        for i, shape in enumerate(shapes)
    ]
    return {"type": "FeatureCollection", "features": features}


def esri(kind, shapes):
    def geometry(shape):
        if shape.geom_type == "Point":
            return dict(zip("xy", metres(shape.x, shape.y), strict=True))
        ring = shapely.geometry.polygon.orient(shape, -1.0).exterior.coords
        return {"rings": [[metres(x, y) for x, y in ring]]}

    def field_type(name, value):
        kinds = {str: "String", float: "Double", int: "Integer"}
        return "esriFieldType" + ("OID" if name == "OBJECTID" else kinds[type(value)])

    return {
        "geometryType": "esriGeometryPoint" if kind == "site" else "esriGeometryPolygon",
        "spatialReference": {"wkid": 102100},
        "fields": [{"name": name, "type": field_type(name, value)} for name, value in attributes(kind, 0).items()],
        "features": [{"attributes": attributes(kind, i), "geometry": geometry(s)} for i, s in enumerate(shapes)],
    }


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def write(folder):
    """Writes every payload into the folder; returns the expected area of each case in square metres."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(42)
    one = [Point(LEFT + 10_000, BOTTOM + 10_000)]
    thousand = [Point(LEFT + x, BOTTOM + y) for x, y in random.uniform(0, 40_000, (1000, 2))]
    land, areas = parcels(random), zones(random)
    # 500 m of web mercator in true kilometres, which is what Turf takes.
    true_km = DISTANCE_M / 1000 * math.cos(math.radians(degrees(LEFT, BOTTOM + 20_000)[1]))
    for name, position, distance in (("metres", metres, DISTANCE_M), ("degrees", degrees, round(true_km, 5))):

        def layer(kind, shapes, position=position):
            return geojson(kind, shapes, position)

        bodies = {
            "a": {"layer": layer("site", one), "distance": distance, "dissolve": False},
            "b": {"layer": layer("site", thousand), "distance": distance, "dissolve": True},
            "c": {"layer": layer("parcel", land), "overlay": layer("zone", areas)},
        }
        for case, inputs in bodies.items():
            (folder / f"{case}.{name}").write_text(compact({"inputs": inputs}))
    distance = compact({"distance": DISTANCE_M, "units": "esriMeters"})
    forms = {
        "a": {"Input_Features": esri("site", one), "Dissolve_Type": "NONE"},
        "b": {"Input_Features": esri("site", thousand), "Dissolve_Type": "ALL"},
        "c": {"Input_Features": esri("parcel", land), "Overlay_Features": esri("zone", areas)},
    }
    for case, form in forms.items():
        texts = {key: value if isinstance(value, str) else compact(value) for key, value in form.items()}
        more = {} if case == "c" else {"Distance": distance, "Method": "PLANAR"}
        (folder / f"{case}.form").write_text(urlencode({"f": "json", **texts, **more}))
    buffers = shapely.buffer(thousand, DISTANCE_M, quad_segs=QUADRANT_SEGMENTS)
    pairs = shapely.STRtree(areas).query(land, predicate="intersects").T
    return {
        "a": one[0].buffer(DISTANCE_M, quad_segs=QUADRANT_SEGMENTS).area,
        "b": shapely.union_all(buffers).area,
        "c": sum(land[i].intersection(areas[j]).area for i, j in pairs),
    }
