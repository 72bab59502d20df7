"""The thinnest Python service anyone would write: Flask, shapely (GEOS, vectorised), orjson."""

import orjson
import shapely
from flask import Flask, Response, request
from shapely.geometry import mapping, shape

app = Flask(__name__)
QUADRANT_SEGMENTS = 16


def reply(features):
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, mimetype="application/geo+json")


def feature(properties, geometry):
    return {"type": "Feature", "properties": properties, "geometry": mapping(geometry)}


@app.get("/")
def ready():
    return "ok"


@app.post("/buffer")
def buffer():
    inputs = orjson.loads(request.get_data())["inputs"]
    features = inputs["layer"]["features"]
    geometries = [shape(f["geometry"]) for f in features]
    buffers = shapely.buffer(geometries, inputs["distance"], quad_segs=QUADRANT_SEGMENTS)
    if inputs["dissolve"]:
        return reply([feature({}, shapely.union_all(buffers))])
    return reply([feature(f["properties"], b) for f, b in zip(features, buffers, strict=True)])


@app.post("/overlay")
def overlay():
    inputs = orjson.loads(request.get_data())["inputs"]
    left, right = inputs["layer"]["features"], inputs["overlay"]["features"]
    left_shapes = [shape(f["geometry"]) for f in left]
    right_shapes = [shape(f["geometry"]) for f in right]
    pairs = shapely.STRtree(right_shapes).query(left_shapes, predicate="intersects").T
    pieces = []
    for i, j in pairs:
        piece = shapely.intersection(left_shapes[i], right_shapes[j])
        if piece.area > 0:
            joined = {f"b_{key}": value for key, value in right[j]["properties"].items()}
            pieces.append(feature({**left[i]["properties"], **joined}, piece))
    return reply(pieces)
