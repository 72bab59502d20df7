"""Reads what gp-formats writes with other software: GDAL (pyogrio), pyshp, pyarrow and geopandas.

    cargo run -p gp-formats --example write_samples /tmp/samples
    python shared/formats/tests/independent.py /tmp/samples

needs pyogrio, geopandas, pyshp and pyarrow. Compares attributes, geometry and the code of the reference with the Esri JSON
beside each file, which this script reads by itself. Prints one line a format and reader, and ends with 1 where something
differs that is not among LOSSES, or where a loss named there does not happen.
"""

import datetime
import io
import json
import pathlib
import sys
import zipfile

import geopandas
import pandas
import pyarrow.parquet
import pyogrio
import shapefile
import shapely

EPOCH = datetime.datetime(1970, 1, 1)
KEY = "OBJECTID"

# What a format loses, by field or "geometry" or "reference"; docs/formats.md says the same. Each must show.
LOSSES = {
    "ESRI_JSON by GDAL": {},
    "GEOJSON by GDAL": {},
    "GEOJSON_LINES by GDAL": {},
    "CSV by GDAL": {"reference"},
    "SHAPEFILE by GDAL": {},
    # A dBASE table has no null text; GDAL takes a blank one for it.
    "SHAPEFILE by pyshp": {"inscription"},
    "KML by GDAL": {},
    "KMZ by GDAL": {},
    "FLATGEOBUF by GDAL": {},
    "GEOPARQUET by geopandas": {},
    "GEOPARQUET by pyarrow": {},
    "GEOPACKAGE by GDAL": {},
}


def ring_area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:])) / 2


def esri_geometry(geometry, kind):
    if not geometry or geometry.get("x", 0) in (None, "NaN"):
        return None
    if kind == "esriGeometryPoint":
        return shapely.Point(*[geometry[name] for name in ("x", "y", "z") if name in geometry])
    if kind == "esriGeometryMultipoint":
        return shapely.MultiPoint(geometry["points"])
    if kind == "esriGeometryPolyline":
        return shapely.MultiLineString(geometry["paths"])
    shells = [shapely.Polygon(ring) for ring in geometry["rings"] if ring_area(ring) < 0]
    holes = [[] for _ in shells]
    for ring in geometry["rings"]:
        if ring_area(ring) > 0:
            around = [at for at, shell in enumerate(shells) if shell.contains(shapely.Polygon(ring))]
            holes[min(around, key=lambda at: shells[at].area)].append(ring)
    return shapely.MultiPolygon([(shell.exterior.coords, inner) for shell, inner in zip(shells, holes)])


def expected(path):
    """Rows by key, each name → value, with "geometry"; and the code of the reference."""
    document = json.loads(path.read_text())
    rows = {}
    for feature in document["features"]:
        row = dict(feature["attributes"])
        row["geometry"] = esri_geometry(feature.get("geometry"), document.get("geometryType"))
        rows[row[KEY]] = row
    return rows, (document.get("spatialReference") or {}).get("latestWkid")


def plain(value, name):
    """A value of any reader in the form of Esri JSON."""
    if value is None or value != value or (value == "" and name in ("day", "moment")):
        return None
    if hasattr(value, "item"):
        value = value.item()
    if name == "day":
        return str(value)[:10].replace("/", "-")
    if name == "moment":
        if isinstance(value, str):
            value = datetime.datetime.fromisoformat(value.replace("/", "-").replace("Z", "+00:00"))
        if isinstance(value, int):
            return value
        if hasattr(value, "to_pydatetime"):
            value = value.to_pydatetime()
        if getattr(value, "tzinfo", None):
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        if not isinstance(value, datetime.datetime):
            value = datetime.datetime(value.year, value.month, value.day)
        return round((value - EPOCH) / datetime.timedelta(milliseconds=1))
    if isinstance(value, str) and name in ("big", KEY, "small", "whole", "single", "double"):
        return float(value) if "." in value or "e" in value else int(value)
    return value


def same_geometry(a, b):
    if a is None or b is None or a.is_empty or b.is_empty:
        return (a is None or a.is_empty) and (b is None or b.is_empty)
    ordered = []
    for geometry in (a, b):
        geometry = shapely.normalize(geometry)
        parts = shapely.get_parts(geometry)
        ordered.append(shapely.normalize(parts[0]) if len(parts) == 1 else geometry)
    return shapely.equals_exact(ordered[0], ordered[1], 1e-9) and ordered[0].has_z == ordered[1].has_z


def by_gdal(path, **options):
    layer = pyogrio.list_layers(path)[0][0] if not str(path).startswith("/vsi") else None
    # Attributes by Arrow, which keeps whole numbers beside nulls; geometry without, because GDAL's Arrow batches of FlatGeobuf
    # are broken where a geometry is null, in its own files too.
    meta, table = pyogrio.read_arrow(
        path, layer=layer, datetime_as_string=True, read_geometry=False, **options
    )
    rows = table.to_pylist()
    frame = pyogrio.read_dataframe(path, layer=layer, columns=[], **options)
    geometries = frame.geometry if hasattr(frame, "geometry") else [None] * len(rows)
    for row, geometry in zip(rows, geometries, strict=True):
        row["geometry"] = geometry
    crs = getattr(frame, "crs", None) if hasattr(frame, "geometry") else None
    fid = meta.get("fid_column")
    if fid:
        frame = pyogrio.read_dataframe(path, layer=layer, fid_as_index=True, read_geometry=False)
        for row, key in zip(rows, frame.index):
            row.setdefault(fid, int(key))
    return rows, crs


def by_pyshp(path):
    archive = zipfile.ZipFile(path)
    parts = {name.rsplit(".", 1)[1]: io.BytesIO(archive.read(name)) for name in archive.namelist()}
    rows = []
    with shapefile.Reader(**{name: parts[name] for name in ("shp", "shx", "dbf") if name in parts}) as reader:
        for at, record in enumerate(reader.iterRecords()):
            row = record.as_dict()
            shape = reader.shape(at) if "shp" in parts else None
            row["geometry"] = None
            if shape is not None and shape.shapeType != shapefile.NULL:
                row["geometry"] = shapely.geometry.shape(shape.__geo_interface__)
            if row["geometry"] is not None and shape.shapeType == shapefile.POINTZ:
                row["geometry"] = shapely.Point(*shape.points[0][:2], shape.z[0])
            rows.append(row)
    return rows, parts["prj"].read().decode() if "prj" in parts else None


def by_geopandas(path):
    # Without Arrow's types pandas makes floats of whole numbers beside nulls.
    frame = geopandas.read_parquet(path, to_pandas_kwargs={"types_mapper": pandas.ArrowDtype})
    rows = frame.drop(columns=frame.geometry.name).to_dict("records")
    for row, geometry in zip(rows, frame.geometry):
        row["geometry"] = geometry
    return rows, frame.crs


def by_pyarrow(path):
    table = pyarrow.parquet.read_table(path)
    rows = table.to_pylist()
    geo = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    for row in rows:
        wkb = row.pop(geo["primary_column"], None) if geo else None
        row["geometry"] = shapely.from_wkb(wkb) if wkb is not None else None
    crs = geo.get("columns", {}).get(geo.get("primary_column"), {}).get("crs") if geo else None
    return rows, json.dumps(crs) if crs else ("OGC:CRS84" if geo else None)


def code_of(crs):
    if crs is None:
        return None
    import pyproj

    found = pyproj.CRS.from_user_input(crs)
    # Longitude before latitude, and with heights, is the same to a feature set.
    if found.to_authority() in (("OGC", "CRS84"), ("EPSG", "4979"), ("OGC", "CRS84h")):
        return 4326
    return found.to_epsg(min_confidence=20)


def readers(path):
    format_name = path.name.split(".")[1]
    zipped = f"/vsizip/{path}"
    csv = {
        "X_POSSIBLE_NAMES": "lon,x", "Y_POSSIBLE_NAMES": "lat,y", "Z_POSSIBLE_NAMES": "z",
        "GEOM_POSSIBLE_NAMES": "WKT", "KEEP_GEOM_COLUMNS": "NO", "AUTODETECT_TYPE": "YES",
        "EMPTY_STRING_AS_NULL": "YES",
    }
    return {
        "ESRI_JSON": {"GDAL": lambda: by_gdal(path)},
        "GEOJSON": {"GDAL": lambda: by_gdal(path)},
        "GEOJSON_LINES": {"GDAL": lambda: by_gdal(f"GeoJSONSeq:{path}")},
        "CSV": {"GDAL": lambda: by_gdal(path, **csv)},
        "SHAPEFILE": {"GDAL": lambda: by_gdal(zipped), "pyshp": lambda: by_pyshp(path)},
        "KML": {"GDAL": lambda: by_gdal(path)},
        "KMZ": {"GDAL": lambda: by_gdal(path)},
        "FLATGEOBUF": {"GDAL": lambda: by_gdal(path)},
        "GEOPARQUET": {"pyarrow": lambda: by_pyarrow(path)} | (
            {} if path.name.startswith("rows.") else {"geopandas": lambda: by_geopandas(path)}
        ),
        "GEOPACKAGE": {"GDAL": lambda: by_gdal(path)},
    }.get(format_name, {})


def differences(rows, crs, wanted, code):
    """What differs, by field, with the first example."""
    found = {}
    names = list(next(iter(wanted.values())))
    read = {}
    for row in rows:
        # Ten bytes are all that a shapefile has for a name.
        named = {name: row[known] for name in names for known in (name, name[:10]) if known in row}
        read[plain(named.get(KEY), KEY)] = named
    if set(read) != set(wanted):
        return {KEY: f"{sorted(map(str, read))} are not {sorted(map(str, wanted))}"}
    for key, row in wanted.items():
        for name, value in row.items():
            if name not in read[key]:
                found.setdefault(name, "is not there")
            elif name == "geometry":
                if not same_geometry(read[key][name], value):
                    found.setdefault(name, f"{read[key][name]} is not {value}")
            elif plain(read[key][name], name) != value:
                found.setdefault(name, f"{read[key][name]!r} is not {value!r}")
    if code is not None and code_of(crs) != code:
        found["reference"] = f"{crs} is not {code}"
    return found


def main(folder):
    failed = False
    results = {}
    for path in sorted(folder.glob("*.*.*")):
        wanted, code = expected(folder / f"{path.name.split('.')[0]}.json")
        for software, read in readers(path).items():
            of_reader = results.setdefault(f"{path.name.split('.')[1]} by {software}", [0, {}])
            of_reader[0] += 1
            try:
                found = differences(*read(), wanted, code)
            except Exception as error:
                found = {"file": f"{type(error).__name__}: {error}"}
            for what, example in found.items():
                of_reader[1].setdefault(what, f"{path.name}: {example}")
    for name in sorted(set(results) | set(LOSSES)):
        count, found = results.get(name, [0, {}])
        stated = set(LOSSES.get(name, ()))
        unexpected = {what: example for what, example in found.items() if what not in stated}
        missing = stated - set(found)
        is_good = count and not unexpected and not missing
        failed |= not is_good
        losses = f", but for {', '.join(sorted(stated))}" if stated else ""
        print(f"{name}: {count} files, {f'the same{losses}' if is_good else 'DIFFERENT'}")
        for what, example in unexpected.items():
            print(f"    {what}: {example}")
        for what in sorted(missing):
            print(f"    {what}: is stated as lost, and is not")
    print("ESRI_PBF: no other reader for files; answers of other servers are in tests/data/columnar")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
