"""Makes the shapefiles and GeoPackages of `binary.rs` and what independent readers see in them.

    python make_binary.py    (pyogrio with GDAL, pyarrow, pyshp, shapely)

Every file gets a `.json` beside it, one a layer: a feature set as pyshp (shapefiles) or GDAL (GeoPackages, and shapefiles
that were changed in place) reads it. Where GDAL has other types than Esri, the table TYPES says which.
"""

import datetime
import io
import json
import pathlib
import sqlite3
import struct
import zipfile

import pyarrow
import pyogrio
import shapefile
import shapely
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon

HERE = pathlib.Path(__file__).parent / "binary"
UTM33 = (
    'PROJCS["WGS_1984_UTM_Zone_33N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",15.0],'
    'PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
WGS84 = UTM33[UTM33.index("GEOGCS") : UTM33.index(",PROJECTION")]
EPOCH = datetime.datetime(1970, 1, 1)


def milliseconds(value):
    if isinstance(value, datetime.datetime):
        value = value.replace(tzinfo=None) if value.tzinfo is None else value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    else:
        value = datetime.datetime(value.year, value.month, value.day)
    return (value - EPOCH) // datetime.timedelta(milliseconds=1)


def numbers(values, has_z, has_m):
    """x, y and then z and m where the set has them; a measure may be none."""
    x, y, *rest = values
    out = [x, y]
    if has_z:
        out.append(rest.pop(0) if rest else None)
    if has_m:
        m = rest.pop(0) if rest else None
        out.append(None if m is None or m != m or m < -1e38 else m)
    return out


# --- what pyshp reads ---------------------------------------------------------------------------------------------------

ESRI_OF_SHP = {1: "Point", 8: "Multipoint", 3: "Polyline", 5: "Polygon"}


def expect_shapefile(reader):
    kind = reader.shapeType
    has_z, has_m = kind in (11, 13, 15, 18), kind in (21, 23, 25, 28)
    shapes = reader.shapes()
    if has_z:
        has_m = any(m is not None for shape in shapes for m in getattr(shape, "m", ()))
    rows = []
    fields = [field for field in reader.fields if field[0] != "DeletionFlag"]
    for shape, record in zip(shapes, reader.records()):
        attributes = {}
        for (name, letter, *_), value in zip((tuple(field)[:4] for field in fields), record):
            if isinstance(value, datetime.date):
                value = milliseconds(value)
            if letter == "L" and value is not None:
                value = int(value)
            attributes[name] = value if value != "" else None
        rows.append({"attributes": attributes, "geometry": geometry_of_shape(shape, has_z, has_m)})
    esri = {"N": "Double", "F": "Double", "C": "String", "D": "Date", "L": "SmallInteger"}
    described = []
    for name, letter, width, decimals in (tuple(field)[:4] for field in fields):
        kind_name = esri[str(letter)[-1]]
        if str(letter)[-1] == "N" and decimals == 0:
            kind_name = "Integer" if width < 10 else "BigInteger"
        described.append({"name": name, "type": f"esriFieldType{kind_name}"})
    return {"geometryType": f"esriGeometry{ESRI_OF_SHP[kind % 10]}", "hasZ": has_z, "hasM": has_m, "fields": described, "features": rows}


def geometry_of_shape(shape, has_z, has_m):
    if shape.shapeType == 0:
        return None
    z, m = list(getattr(shape, "z", [])), list(getattr(shape, "m", []))
    vertices = []
    for index, xy in enumerate(shape.points):
        rest = [z[index]] if has_z else []
        rest += [m[index] if index < len(m) else None] if has_m else []
        vertices.append(numbers([*xy[:2], *rest], has_z, has_m))
    name = ESRI_OF_SHP[shape.shapeType % 10]
    if name == "Point":
        return dict(zip(["x", "y", *(["z"] if has_z else []), *(["m"] if has_m else [])], vertices[0]))
    if name == "Multipoint":
        return {"points": vertices}
    starts = [*shape.parts, len(vertices)]
    paths = [vertices[a:b] for a, b in zip(starts, starts[1:])]
    return {"paths" if name == "Polyline" else "rings": paths}


# --- what GDAL reads ----------------------------------------------------------------------------------------------------

TYPES = {
    "OFTInteger": "Integer",
    "OFTInteger64": "BigInteger",
    "OFTReal": "Double",
    "OFTString": "String",
    "OFTDate": "DateOnly",
    "OFTDateTime": "Date",
}
ESRI_OF_OGC = {
    "Point": "Point",
    "MultiPoint": "Multipoint",
    "LineString": "Polyline",
    "MultiLineString": "Polyline",
    "Polygon": "Polygon",
    "MultiPolygon": "Polygon",
}
SUBTYPES = {"OFSTBoolean": "SmallInteger", "OFSTInt16": "SmallInteger", "OFSTFloat32": "Single"}


def expect_gdal(path, layer, key, date_type="DateOnly"):
    info = pyogrio.read_info(path, layer=layer)
    _, table = pyogrio.raw.read_arrow(path, layer=layer, return_fids=True)
    wkb_name = info["geometry_name"] or "wkb_geometry"
    found = table.to_pylist()
    geometries = [shapely.from_wkb(row[wkb_name]) if row.get(wkb_name) else None for row in found]
    kind = info["geometry_type"] or ""
    has_z = any(geometry is not None and geometry.has_z for geometry in geometries)
    has_m = any(geometry is not None and geometry.has_m for geometry in geometries)
    fields = [{"name": key, "type": "esriFieldTypeOID"}] if key else []
    kept = []
    for name, kind_name, sub in zip(info["fields"], info["ogr_types"], info["ogr_subtypes"]):
        if kind_name == "OFTBinary":
            continue
        kept.append(name)
        esri = SUBTYPES.get(sub) or TYPES[kind_name]
        fields.append({"name": name, "type": f"esriFieldType{date_type if esri == 'DateOnly' else esri}"})
    rows = []
    for row, geometry in zip(found, geometries):
        attributes = {key: next(value for name, value in row.items() if name in ("fid", "OGC_FID", key))} if key else {}
        for name in kept:
            value = row[name]
            if isinstance(value, bool):
                value = int(value)
            elif isinstance(value, datetime.datetime):
                value = milliseconds(value)
            elif isinstance(value, datetime.date):
                value = value.isoformat() if date_type == "DateOnly" else milliseconds(value)
            attributes[name] = value
        rows.append({"attributes": attributes})
        if info["geometry_type"]:
            rows[-1]["geometry"] = geometry_of_gdal(geometry, has_z, has_m)
    out = {"hasZ": has_z, "hasM": has_m, "fields": fields, "features": rows}
    for name, esri in ESRI_OF_OGC.items():
        if kind.replace("2.5D ", "").startswith(name):
            out["geometryType"] = f"esriGeometry{esri}"
            break
    return out


def geometry_of_gdal(geometry, has_z, has_m):
    if geometry is None or geometry.is_empty:
        return None

    def vertices(part):
        coordinates = shapely.get_coordinates(part, include_z=has_z, include_m=has_m).tolist()
        return [[None if value != value else value for value in vertex] for vertex in coordinates]

    match geometry.geom_type:
        case "Point":
            return dict(zip(["x", "y", *(["z"] if has_z else []), *(["m"] if has_m else [])], vertices(geometry)[0]))
        case "MultiPoint":
            return {"points": vertices(geometry)}
        case "LineString" | "MultiLineString":
            return {"paths": [vertices(part) for part in getattr(geometry, "geoms", [geometry])]}
        case _:
            rings = []
            for part in getattr(geometry, "geoms", [geometry]):
                # Esri has exteriors clockwise.
                part = shapely.orient_polygons(part, exterior_cw=True)
                rings += [vertices(ring) for ring in [part.exterior, *part.interiors]]
            return {"rings": rings}


# --- files --------------------------------------------------------------------------------------------------------------


def put_expectation(name, layer, expected):
    text = json.dumps(expected, ensure_ascii=False, allow_nan=False, indent=None, separators=(",", ":"))
    (HERE / f"{name}.{layer}.json").write_text(text + "\n", encoding="utf-8")


def parts_of(kind, fields, rows, encoding="utf-8", **options):
    """The parts of a shapefile that pyshp writes, by extension."""
    parts = {extension: io.BytesIO() for extension in ("shp", "shx", "dbf")}
    with shapefile.Writer(**parts, shapeType=kind, encoding=encoding, **options) as writer:
        for field in fields:
            writer.field(*field)
        for shape, record in rows:
            shape(writer)
            writer.record(*record)
    return {extension: part.getvalue() for extension, part in parts.items()}


def put_zip(name, members):
    with zipfile.ZipFile(HERE / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def expect_parts(name, layer, parts, encoding="utf-8"):
    streams = {extension: io.BytesIO(content) for extension, content in parts.items() if extension in ("shp", "shx", "dbf")}
    with shapefile.Reader(**streams, encoding=encoding) as reader:
        put_expectation(name, layer, expect_shapefile(reader))


def code_pages():
    """One layer a code page: by .cpg of every way of writing, by the language driver, by nothing."""
    text = {"utf8": "Größe ☃ 名前", "cp1252": "Größe – €", "latin1": "Größe é", "latin9": "Größe €", "cp850": "Größe ÁÓ", "cp437": "Größe Σ", "cp1251": "Улица", "shift_jis": "名前", "unknown": "Größe €"}
    cpg = {"utf8": "UTF-8", "cp1252": "ANSI 1252", "latin1": "ISO-8859-1", "latin9": "ISO8859-15", "cp850": "OEM 850", "cp1251": "1251", "shift_jis": "SJIS"}
    python = {"utf8": "utf-8", "latin9": "iso-8859-15", "unknown": "cp1252"}
    members = {}
    for layer, value in text.items():
        encoding = python.get(layer, layer)
        rows = [(lambda writer: writer.point(1, 2), [value, 5]), (lambda writer: writer.point(3, 4), ["", None])]
        parts = parts_of(shapefile.POINT, [("TEXT", "C", 40), ("N", "N", 9)], rows, encoding)
        expect_parts("code_pages", layer, parts, encoding)
        if layer == "cp437":
            parts["dbf"] = parts["dbf"][:29] + b"\x01" + parts["dbf"][30:]
        parts["prj"] = WGS84
        if layer in cpg:
            parts["cpg"] = cpg[layer]
        members |= {f"deep/folder/{layer}.{extension}": content for extension, content in parts.items()}
    put_zip("code_pages.zip", members)


def kinds():
    """Every kind of shape with z and m, null shapes, no .shx, capital extensions."""
    line = [[[0, 0, 1, 10], [1, 1, 2, None]], [[5, 5, 3, 30], [6, 6, 4, 40], [7, 5, 5, 50]]]
    ring = [[[0, 0, 1, 10], [0, 4, 2, 20], [4, 4, 3, 30], [4, 0, 4, None], [0, 0, 1, 10]], [[1, 1, 1, 1], [2, 1, 1, 1], [2, 2, 1, 1], [1, 2, 1, 1], [1, 1, 1, 1]]]
    flat = lambda paths, keep: [[[vertex[index] for index in keep] for vertex in path] for path in paths]
    points = [vertex for path in line for vertex in path]
    null = lambda writer: writer.null()
    every = {
        "point": (shapefile.POINT, lambda writer: writer.point(1.5, -2.5)),
        "pointz": (shapefile.POINTZ, lambda writer: writer.pointz(1.5, -2.5, 3.25, 7.0)),
        "pointz_without_m": (shapefile.POINTZ, lambda writer: writer.pointz(1.5, -2.5, 3.25)),
        "pointm": (shapefile.POINTM, lambda writer: writer.pointm(1.5, -2.5, 7.0)),
        "multipoint": (shapefile.MULTIPOINT, lambda writer: writer.multipoint(flat([points], [0, 1])[0])),
        "multipointz": (shapefile.MULTIPOINTZ, lambda writer: writer.multipointz(points)),
        "multipointm": (shapefile.MULTIPOINTM, lambda writer: writer.multipointm(flat([points], [0, 1, 3])[0])),
        "line": (shapefile.POLYLINE, lambda writer: writer.line(flat(line, [0, 1]))),
        "linez": (shapefile.POLYLINEZ, lambda writer: writer.linez(line)),
        "linez_without_m": (shapefile.POLYLINEZ, lambda writer: writer.linez(flat(line, [0, 1, 2]))),
        "linem": (shapefile.POLYLINEM, lambda writer: writer.linem(flat(line, [0, 1, 3]))),
        "poly": (shapefile.POLYGON, lambda writer: writer.poly(flat(ring, [0, 1]))),
        "polyz": (shapefile.POLYGONZ, lambda writer: writer.polyz(ring)),
        "polym": (shapefile.POLYGONM, lambda writer: writer.polym(flat(ring, [0, 1, 3]))),
    }
    members = {}
    for layer, (kind, shape) in every.items():
        parts = parts_of(kind, [("ID", "N", 9)], [(shape, [1]), (null, [2]), (shape, [3])])
        expect_parts("kinds", layer, parts)
        members |= {f"{layer}.SHP": parts["shp"], f"{layer}.dbf": parts["dbf"], f"{layer}.PRJ": UTM33}
    put_zip("kinds.zip", members)


def values():
    """Fields of every type with nulls and the ends of their ranges."""
    fields = [("N9", "N", 9), ("N18", "N", 18), ("N20", "N", 20), ("DEC", "N", 24, 15), ("FLO", "F", 20, 10), ("C", "C", 254), ("D", "D"), ("L", "L")]
    here = lambda writer: writer.point(0, 0)
    rows = [
        (here, [123456789, 999999999999999999, 9223372036854775807, 0.1, 12345.5, "a" * 254, datetime.date(2024, 2, 29), True]),
        (here, [-12345678, -99999999999999999, -9223372036854775808, -1e-7, -0.5, " leading", datetime.date(1899, 12, 31), False]),
        (here, [None, None, None, None, None, "", None, None]),
    ]
    parts = parts_of(shapefile.POINT, fields, rows)
    expect_parts("values", "values", parts)
    put_zip("values.zip", {f"values.{extension}": content for extension, content in (parts | {"cpg": "UTF-8"}).items()})


def changed_in_place():
    """A row deleted, a shape rewritten at the end of the file: only the .shx knows where it is."""
    rows = [(lambda writer, n=n: writer.line([[[n, 0], [n, 1]]]), [n]) for n in range(4)]
    parts = parts_of(shapefile.POLYLINE, [("ID", "N", 9)], rows)
    dbf = bytearray(parts["dbf"])
    header, width = struct.unpack("<HH", dbf[8:12])
    dbf[header + 2 * width] = ord("*")
    shp, shx = bytearray(parts["shp"]), bytearray(parts["shx"])
    at, words = struct.unpack(">II", shx[108:116])
    record = shp[2 * at : 2 * at + 8 + 2 * words]
    record[8 + 4 : 8 + 36] = struct.pack("<4d", 50, 60, 50, 61)
    record[8 + 48 : 8 + 80] = struct.pack("<4d", 50, 60, 50, 61)
    shx[108:112] = struct.pack(">I", len(shp) // 2)
    shp += record
    shp[24:28] = struct.pack(">I", len(shp) // 2)
    put_zip("changed.zip", {"changed.shp": bytes(shp), "changed.shx": bytes(shx), "changed.dbf": bytes(dbf), "changed.prj": UTM33, "changed.cpg": "UTF-8"})
    put_expectation("changed", "changed", expect_gdal(f"/vsizip/{HERE / 'changed.zip'}/changed.shp", "changed", None))


SQUARE = Polygon([(0, 0), (0, 10), (10, 10), (10, 0)], [[(2, 2), (4, 2), (4, 4), (2, 4)]])
ISLANDS = MultiPolygon([SQUARE, Polygon([(20, 0), (20, 5), (25, 5), (25, 0)])])


def write(path, layer, geometries, kind, crs, driver, extra=False, **options):
    """Writes rows with every type of field through GDAL's Arrow interface, which keeps 64 bits and nulls."""
    moment = lambda *parts: datetime.datetime(*parts, tzinfo=datetime.timezone.utc)
    columns = {
        "straße": ("string", ["Größe ☃", None, "x" * 200]),
        "i32": ("int32", [2147483647, None, -5]),
        "i64": ("int64", [9007199254740993, None, -(2**53) - 1]),
        "f64": ("float64", [0.1, None, 123456.75]),
        "day": ("date32", [datetime.date(2024, 2, 29), None, datetime.date(1899, 12, 31)]),
    }
    if extra:
        when = [moment(2024, 5, 31, 14, 0, 0, 123000), None, moment(1969, 12, 31, 23, 59, 59)]
        columns["when"] = (pyarrow.timestamp("ms", "UTC"), when)
        columns["yes"] = ("bool", [True, None, False])
        columns["raw"] = ("binary", [b"\0\1", None, b""])
        columns["tiny"] = ("float64", [1e-300, None, -1e300])
    arrays = {}
    for name, (type_, values) in columns.items():
        type_ = type_ if isinstance(type_, pyarrow.DataType) else pyarrow.type_for_alias(type_)
        arrays[name] = pyarrow.array(values[: len(geometries)], type_)
    if kind is not None:
        wkb = [None if geometry is None else shapely.to_wkb(geometry, flavor="iso") for geometry in geometries]
        arrays["geom"] = pyarrow.array(wkb, "binary")
        options |= {"geometry_name": "geom", "geometry_type": kind, "crs": crs}
    pyogrio.raw.write_arrow(pyarrow.table(arrays), path, layer=layer, driver=driver, **options)


def gdal_shapefile():
    """What GDAL writes, zipped by GDAL."""
    path = HERE / "gdal.shz"
    write(path, "gdal", [ISLANDS, None, SQUARE], "MultiPolygon", "EPSG:32633", "ESRI Shapefile", encoding="UTF-8")
    path.rename(HERE / "gdal.zip")
    put_expectation("gdal", "gdal", expect_gdal(f"/vsizip/{HERE / 'gdal.zip'}", None, None, "Date"))


def gdal_geopackage():
    path = HERE / "gdal.gpkg"
    layers = {
        'Flächen "x"': ([ISLANDS, None, ISLANDS], "MultiPolygon", "EPSG:32633"),
        "polygons": ([SQUARE, None, SQUARE], "Polygon", "ESRI:102008"),
        "lines": ([MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]]), None], "MultiLineString", "EPSG:4326"),
        "linez": ([LineString([(0, 0, 1), (1, 1, 2)])], "LineString Z", "EPSG:3857"),
        "points": ([Point(1, 2), None, Point(3, 4)], "Point", "EPSG:4326"),
        "multi": ([MultiPoint([(1, 2), (3, 4)])], "MultiPoint", None),
        "table": ([None, None, None], None, None),
    }
    for layer, (geometries, kind, crs) in layers.items():
        # One index is enough to be read.
        index = "YES" if layer == "points" else "NO"
        write(path, layer, geometries, kind, crs, "GPKG", extra=True, append=path.exists(), spatial_index=index)
    # Small enough to be kept.
    with sqlite3.connect(path) as database:
        database.execute("UPDATE gpkg_contents SET last_change = '2020-01-01T00:00:00.000Z'")
    database = sqlite3.connect(path)
    database.execute("PRAGMA page_size = 512")
    database.execute("VACUUM")
    database.close()
    for layer in layers:
        put_expectation("gdal_gpkg", layer.replace('"', "_"), expect_gdal(path, layer, "fid"))


def main():
    HERE.mkdir(exist_ok=True)
    for old in HERE.iterdir():
        old.unlink()
    code_pages()
    kinds()
    values()
    changed_in_place()
    gdal_shapefile()
    gdal_geopackage()


if __name__ == "__main__":
    main()
