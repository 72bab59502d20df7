#!/usr/bin/env python3
"""Makes the files of tests/data/columnar with software that is not ours, and says beside each what is in it.

FlatGeobuf by GDAL (pyogrio), GeoParquet by GeoPandas and PyArrow, Esri's protocol buffers by Google's protobuf. What a file
holds is told by the same software reading it again, in columnar.json.

    python3 -m venv venv && venv/bin/pip install pyogrio geopandas pyarrow shapely protobuf
    venv/bin/python make_columnar.py
"""
import datetime as dt
import decimal
import json
import pathlib

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon
from shapely.geometry.polygon import orient

HERE = pathlib.Path(__file__).parent / "columnar"
EXPECTED = []

HOLED = Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(2, 2), (2, 4), (4, 4), (4, 2)]])
TRIANGLE = Polygon([(20, 0), (21, 0), (21, 1)])


def paths(geometry):
    """The paths of a geometry as Esri has them, exteriors clockwise."""
    if geometry is None or geometry.is_empty:
        return None
    coordinates = lambda part: shapely.get_coordinates(part, include_z=part.has_z).tolist()
    kind = geometry.geom_type
    if kind in ("Point", "LineString"):
        return [coordinates(geometry)]
    if kind == "MultiPoint":
        return [coordinates(geometry)]
    if kind == "MultiLineString":
        return [coordinates(part) for part in geometry.geoms]
    polygons = [geometry] if kind == "Polygon" else list(geometry.geoms)
    rings = []
    for polygon in polygons:
        turned = orient(polygon, -1.0)
        rings += [coordinates(ring) for ring in (turned.exterior, *turned.interiors)]
    return rings


def plain(value):
    """A value as JSON has it; dates are milliseconds."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, (pd.Timestamp, dt.datetime)):
        stamp = pd.Timestamp(value)
        stamp = stamp if stamp.tzinfo else stamp.tz_localize("UTC")
        return stamp.as_unit("ns").value // 1_000_000 if stamp.year > 1700 else int(stamp.timestamp() * 1000)
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return value.isoformat()
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (np.floating, decimal.Decimal)):
        return float(value)
    return value


def expect(name, frame, kind, wkid, types, warnings=()):
    columns = [column for column in frame.columns if column != "geometry"]
    rows = []
    for _, row in frame.iterrows():
        geometry = row["geometry"] if "geometry" in frame.columns else None
        rows.append({"attributes": [plain(row[column]) for column in columns], "paths": paths(geometry)})
    fields = [[column, types[column]] for column in columns]
    EXPECTED.append(
        {"file": name, "geometry_type": kind, "wkid": wkid, "fields": fields, "rows": rows, "warnings": list(warnings)}
    )


TYPES = {
    "id": "BigInteger", "i": "Integer", "s": "SmallInteger", "f": "Single", "d": "Double", "name": "String",
    "when": "Date", "ok": "SmallInteger",
}


def frame(geometries, crs):
    return gpd.GeoDataFrame(
        {
            "id": np.array([1, 2**40, -5], dtype="int64"),
            "i": np.array([1, 2, 3], dtype="int32"),
            "s": np.array([1, -2, 3], dtype="int16"),
            "f": np.array([0.5, 1.25, np.nan], dtype="float32"),
            "d": [0.1, None, 3e300],
            "name": ["Zürich", "名前", None],
            "when": pd.to_datetime(["2024-05-31T14:00:00.250", "1850-01-01", None], format="ISO8601"),
            "ok": [True, False, True],
        },
        geometry=geometries,
        crs=crs,
    )


def flatgeobuf():
    layers = {
        "polygon": ("Polygon", 2056, [HOLED, MultiPolygon([HOLED, TRIANGLE]), TRIANGLE], {}),
        "point_z": ("Point", 4326, [Point(1, 2, 3), Point(7.5, 46.25, 9), Point(-3, 4, -1)], {}),
        "line": ("Polyline", 3857, [LineString([(0, 0), (1, 1)]), MultiLineString([[(0, 0), (1, 2)], [(5, 5), (7, 5)]]), LineString([(2, 0), (1, 1)])], {}),
        "multipoint": ("Multipoint", 4326, [MultiPoint([(0, 0), (1, 1)]), MultiPoint([(3, 3)]), MultiPoint([(4, 4), (5, 5)])], {}),
        "no_index": ("Point", 4326, [Point(1, 2), None, Point(3, 4)], {"SPATIAL_INDEX": "NO"}),
    }
    for name, (kind, wkid, geometries, options) in layers.items():
        path = HERE / f"{name}.fgb"
        frame(geometries, wkid).to_file(path, driver="FlatGeobuf", **options)
        expect(path.name, gpd.read_file(path), kind, wkid, TYPES)
    path = HERE / "mixed.fgb"
    mixed = frame([Point(1, 2), LineString([(0, 0), (1, 1)]), Point(3, 4)], 4326)
    mixed.to_file(path, driver="FlatGeobuf", geometry_type="Unknown", SPATIAL_INDEX="NO")
    read = gpd.read_file(path)
    read.loc[[geometry.geom_type != "Point" for geometry in read.geometry], "geometry"] = None
    expect(path.name, read, "Point", 4326, TYPES, ["1 features have a geometry of another type"])


def geoparquet():
    layers = {
        "polygon": ("Polygon", 2056, [HOLED, MultiPolygon([HOLED, TRIANGLE]), None], {"compression": "snappy", "write_covering_bbox": True}),
        "point_z": ("Point", 4326, [Point(1, 2, 3), Point(7.5, 46.25, 9), Point(-3, 4, -1)], {"compression": "zstd"}),
        "line": ("Polyline", 3857, [LineString([(0, 0), (1, 1)]), MultiLineString([[(0, 0), (1, 2)], [(5, 5), (7, 5)]]), None], {"compression": "gzip"}),
        "multipoint": ("Multipoint", 4326, [MultiPoint([(0, 0), (1, 1)]), Point(3, 3), None], {"compression": "lz4", "data_page_version": "2.0"}),
    }
    for name, (kind, wkid, geometries, options) in layers.items():
        path = HERE / f"{name}.parquet"
        frame(geometries, wkid).to_parquet(path, **options)
        expect(path.name, gpd.read_parquet(path), kind, wkid, TYPES)
    frame([Point(1, 2), None, Point(3, 4)], 4326).to_parquet(HERE / "native.parquet", geometry_encoding="geoarrow")

    second = dt.datetime(2024, 5, 31, 14, 0, 1, 234567)
    table = pa.table(
        {
            "i8": pa.array([-128, 127, None], pa.int8()),
            "u8": pa.array([0, 255, None], pa.uint8()),
            "u16": pa.array([0, 65535, None], pa.uint16()),
            "u32": pa.array([0, 2**32 - 1, None], pa.uint32()),
            "u64": pa.array([0, 2**63 - 1, None], pa.uint64()),
            "day": pa.array([dt.date(1969, 12, 31), dt.date(2024, 2, 29), None], pa.date32()),
            "time": pa.array([dt.time(10, 20, 30, 500000), dt.time(0, 0, 0), None], pa.time64("us")),
            "ns": pa.array([second, dt.datetime(1900, 1, 1), None], pa.timestamp("ns")),
            "price": pa.array([decimal.Decimal("-1.23"), decimal.Decimal("99999.99"), None], pa.decimal128(20, 2)),
            "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
            "tags": pa.array([["x"], [], None], pa.list_(pa.string())),
            "raw": pa.array([b"\x00", b"", None], pa.binary()),
        }
    )
    path = HERE / "types.parquet"
    pq.write_table(table, path, compression="zstd")
    read = pq.read_table(path).drop_columns(["tags", "raw"])
    frame_of = pd.DataFrame({name: pd.Series(read[name].to_pylist(), dtype=object) for name in read.column_names})
    frame_of["time"] = ["10:20:30.5", "00:00:00", None]
    types = {
        "i8": "SmallInteger", "u8": "SmallInteger", "u16": "Integer", "u32": "BigInteger", "u64": "BigInteger",
        "day": "DateOnly", "time": "TimeOnly", "ns": "Date", "price": "Double", "kind": "String",
    }
    warnings = ["tags, raw", "decimals and came as floats: price", "1 values of field ns are finer"]
    expect(path.name, frame_of, None, None, types, warnings)


# The schema of https://github.com/Esri/arcgis-pbf, as far as it is used: name, number, type, whether repeated.
MESSAGES = {
    "SpatialReference": [("wkid", 1, "uint32", 0), ("lastestWkid", 2, "uint32", 0), ("wkt", 5, "string", 0)],
    "Field": [("name", 1, "string", 0), ("fieldType", 2, "int32", 0), ("alias", 3, "string", 0), ("domain", 5, "string", 0)],
    "Value": [
        ("string_value", 1, "string", 2), ("float_value", 2, "float", 2), ("double_value", 3, "double", 2),
        ("sint_value", 4, "sint32", 2), ("uint_value", 5, "uint32", 2), ("int64_value", 6, "int64", 2),
        ("uint64_value", 7, "uint64", 2), ("sint64_value", 8, "sint64", 2), ("bool_value", 9, "bool", 2),
        ("null_value", 10, "bool", 2),
    ],
    "Geometry": [("geometryType", 1, "int32", 0), ("lengths", 2, "uint32", 1), ("coords", 3, "sint64", 1)],
    "Feature": [("attributes", 1, "Value", 1), ("geometry", 2, "Geometry", 0), ("centroid", 4, "Geometry", 0)],
    "Scale": [("xScale", 1, "double", 0), ("yScale", 2, "double", 0), ("mScale", 3, "double", 0), ("zScale", 4, "double", 0)],
    "Translate": [("xTranslate", 1, "double", 0), ("yTranslate", 2, "double", 0), ("mTranslate", 3, "double", 0), ("zTranslate", 4, "double", 0)],
    "Transform": [("origin", 1, "int32", 0), ("scale", 2, "Scale", 0), ("translate", 3, "Translate", 0)],
    "FeatureResult": [
        ("objectIdFieldName", 1, "string", 0), ("geometryType", 7, "int32", 0), ("spatialReference", 8, "SpatialReference", 0),
        ("exceededTransferLimit", 9, "bool", 0), ("hasZ", 10, "bool", 0), ("hasM", 11, "bool", 0), ("transform", 12, "Transform", 0),
        ("fields", 13, "Field", 1), ("features", 15, "Feature", 1),
    ],
    "QueryResult": [("featureResult", 1, "FeatureResult", 0)],
    "Collection": [("version", 1, "string", 0), ("queryResult", 2, "QueryResult", 0)],
}


def pbf_classes():
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="c.proto", package="c", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, form in fields:
            one = message.field.add(name=field, number=number, label=3 if form == 1 else 1)
            if kind in MESSAGES:
                one.type, one.type_name = 11, f".c.{kind}"
            else:
                one.type = getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{kind.upper()}")
            if form == 2:
                if not message.oneof_decl:
                    message.oneof_decl.add(name="value")
                one.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("c.Collection"))


def pbf():
    collection = pbf_classes()
    fields = [
        ("OBJECTID", 6, "Oid"), ("größe", 1, "Integer"), ("big", 13, "BigInteger"), ("f", 2, "Single"), ("d", 3, "Double"),
        ("name", 4, "String"), ("when", 5, "Date"), ("ok", 0, "SmallInteger"),
    ]
    values = [
        [dict(uint_value=1), dict(sint_value=-7), dict(sint64_value=-(2**60)), dict(float_value=1.5), dict(double_value=0.1),
         dict(string_value="Zürich"), dict(int64_value=1717164000250), dict(bool_value=True)],
        [dict(uint64_value=2**40), dict(uint_value=7), dict(uint64_value=2**60), dict(double_value=2.5), dict(float_value=0.5),
         dict(string_value=""), dict(sint64_value=-1), dict(sint_value=0)],
        [dict(uint_value=3), {}, dict(null_value=True), {}, {}, {}, {}, {}],
    ]
    attributes = [
        [1, -7, -(2**60), 1.5, 0.1, "Zürich", 1717164000250, 1],
        [2**40, 7, 2**60, 2.5, 0.5, "", -1, 0],
        [3, None, None, None, None, None, None, None],
    ]
    # Whole numbers of steps, each vertex absolute; a polygon of two rings, a line with z and m, points.
    layers = {
        "upper_left": ("Polygon", 3, False, 0, (0.5, -100.0), [[[(0, 0), (20, 0), (20, 20), (0, 0)], [(4, 2), (8, 2), (8, 4), (4, 2)]], None, [[(1, 1), (3, 1), (3, 3), (1, 1)]]]),
        "lower_left": ("Polyline", 2, True, 1, (0.25, 7.0), [[[(0, 0, 1, 8), (4, 8, 2, 9)], [(-100, 50, 3, 7), (1, 1, 4, 6)]], None, [[(5, 5, 5, 5), (6, 6, 6, 6)]]]),
        "points": ("Point", 0, False, 0, (1e-9, -180.0), [[[(187500000000, -136250000000)]], None, [[(0, 0)]]]),
        "multipoints": ("Multipoint", 1, False, 1, (1.0, 0.0), [[[(1, 2), (3, 5), (-4, 0)]], None, [[(9, 9)]]]),
    }
    for name, (kind, code, zm, origin, (scale, translate), shapes) in layers.items():
        message = collection(version="1.0")
        result = message.queryResult.featureResult
        result.objectIdFieldName, result.geometryType, result.hasZ, result.hasM = "OBJECTID", code, zm, zm
        result.spatialReference.wkid, result.spatialReference.lastestWkid = 102100, 3857
        result.exceededTransferLimit = zm
        t = result.transform
        t.origin = origin
        t.scale.xScale, t.scale.yScale, t.scale.zScale, t.scale.mScale = scale, scale, 2.0, 4.0
        t.translate.xTranslate, t.translate.yTranslate, t.translate.zTranslate, t.translate.mTranslate = translate, translate, 10.0, 20.0
        for field, number, _ in fields:
            result.fields.add(name=field, fieldType=number, alias=f"{field}!")
        rows = []
        for row, shape, told in zip(values, shapes, attributes):
            feature = result.features.add()
            for value in row:
                feature.attributes.add(**value)
            world = None
            if shape:
                world = []
                for part in shape:
                    last = [0] * len(part[0])
                    path = []
                    for vertex in part:
                        feature.geometry.coords.extend(now - before for now, before in zip(vertex, last))
                        last = vertex
                        y = translate - vertex[1] * scale if origin == 0 else translate + vertex[1] * scale
                        path.append([translate + vertex[0] * scale, y] + ([10 + 2 * vertex[2], 20 + 4 * vertex[3]] if zm else []))
                    if kind != "Point":
                        feature.geometry.lengths.append(len(part))
                    world.append(path)
            rows.append({"attributes": told, "paths": world})
        (HERE / f"{name}.pbf").write_bytes(message.SerializeToString())
        warnings = ["did not send all features"] if result.exceededTransferLimit else []
        EXPECTED.append(
            {"file": f"{name}.pbf", "geometry_type": kind, "wkid": 3857, "fields": [[n, t] for n, _, t in fields], "rows": rows, "warnings": warnings}
        )


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    flatgeobuf()
    geoparquet()
    pbf()
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in EXPECTED)
    (HERE / "columnar.json").write_text(f"[\n{lines}\n]\n")
