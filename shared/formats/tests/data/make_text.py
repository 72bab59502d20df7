"""Makes the files of `text/` with GDAL, and `text/expected.json` with what GDAL reads in them.

Usage: python make_text.py. Needs geopandas and pyogrio with the drivers GeoJSON, GeoJSONSeq, CSV, KML, LIBKML and ESRIJSON.
The sources are the layers of `tests/data`; the output is deterministic.
"""

import json
import math
from pathlib import Path

import geopandas
import numpy
import pandas
import pyogrio
import shapely

HERE = Path(__file__).resolve().parent
OUT = HERE / "text"
LAYERS = HERE.parents[3] / "tests" / "data"
DIGITS = 5


def rounded(geometry):
    return shapely.transform(geometry, lambda xy: numpy.round(xy, DIGITS))


def countries():
    """Islands and holes."""
    frame = pyogrio.read_dataframe(LAYERS / "countries.json")
    name = next(column for column in frame.columns if frame[column].eq("South Africa").any())
    frame = frame[frame[name].isin(["South Africa", "Lesotho", "Japan", "Italy"])]
    frame = frame.to_crs(4326).rename(columns={name: "NAME"})[["NAME", "geometry"]].reset_index(drop=True)
    frame["geometry"] = frame.geometry.apply(rounded)
    frame["AREA"] = [float(f"{area:.6f}") for area in frame.geometry.area]
    frame["PARTS"] = [len(getattr(geometry, "geoms", [0])) for geometry in frame.geometry]
    return frame


def rivers():
    frame = pyogrio.read_dataframe(LAYERS / "rivers.json").to_crs(4326)[["NAME", "geometry"]].head(4)
    frame["geometry"] = frame.geometry.simplify(0.02).apply(rounded)
    frame["LENGTH"] = [round(length, 3) for length in frame.geometry.length]
    return frame


def cities():
    """Whatever attributes get wrong: nulls, 64 bits, letters, quotes, line ends, codes, dates, z."""
    rows = [
        ("Zürich", "08001", 443037, 9007199254740993, 5.0, "2024-05-31T14:00:00Z", (8.54, 47.37, 408.0)),
        ("東京, \"Tōkyō\"", "13", -1, 2**62, 0.1, "1969-12-31T23:59:59.500Z", (139.69, 35.69, 40.0)),
        ("a;b\tc\n<d> & 'e'", "00000", 0, -5, -1.5e-7, None, (-180.0, -90.0, 0.5)),
        (None, None, 7, 0, 1e300, "0001-01-01T00:00:00Z", None),
    ]
    columns = ["NAME", "CODE", "POP", "BIG", "SHARE", "WHEN", "xyz"]
    frame = pandas.DataFrame(rows, columns=columns)
    points = [None if xyz is None else shapely.Point(*xyz) for xyz in frame.pop("xyz")]
    frame["POP"] = frame["POP"].astype("int32")
    return geopandas.GeoDataFrame(frame, geometry=points, crs=4326)


def flat(frame):
    geometry = [None if point is None else shapely.force_2d(point) for point in frame.geometry]
    return frame.set_geometry(geopandas.GeoSeries(geometry, index=frame.index, crs=frame.crs))


def write(frame, name, driver, **options):
    path = OUT / name
    append = options.pop("append", False)
    if not append:
        path.unlink(missing_ok=True)
    pyogrio.write_dataframe(frame, path, driver=driver, append=append, **options)


def value(raw):
    if raw is None or raw is pandas.NaT or (isinstance(raw, float) and math.isnan(raw)):
        return None
    if isinstance(raw, pandas.Timestamp):
        raw = raw.tz_convert("UTC") if raw.tzinfo else raw
        fraction = f".{raw.microsecond // 1000:03}" if raw.microsecond else ""
        return f"{raw.year:04}-{raw:%m-%dT%H:%M:%S}{fraction}Z"
    return raw.item() if hasattr(raw, "item") else raw


def expectation(path, layer=None, drop=(), **options):
    """What GDAL reads: names, rows, and of each geometry its type, its sorted positions and the number of its rings."""
    frame = pyogrio.read_dataframe(path, layer=layer, **options)
    has_geometry = isinstance(frame, geopandas.GeoDataFrame)
    columns = [column for column in frame.columns if column != "geometry" and column not in drop]
    rows = [[value(raw) for raw in row] for row in frame[columns].itertuples(index=False)]
    geometries = []
    for geometry in frame.geometry if has_geometry else []:
        if geometry is None or geometry.is_empty:
            geometries.append(None)
            continue
        positions = shapely.get_coordinates(geometry, include_z=geometry.has_z).tolist()
        polygons = [part for part in getattr(geometry, "geoms", [geometry]) if part.geom_type == "Polygon"]
        geometries.append({
            "positions": sorted(positions),
            "rings": sum(1 + len(polygon.interiors) for polygon in polygons),
            "area": geometry.area,
        })
    crs = frame.crs.to_epsg() if has_geometry and frame.crs else None
    return {"file": path.name, "layer": layer, "epsg": crs, "columns": columns, "rows": rows, "geometries": geometries}


def main():
    OUT.mkdir(exist_ok=True)
    polygons, lines, points = countries(), rivers(), cities()
    write(points, "cities.geojson", "GeoJSON", layer_options={"RFC7946": "YES"})
    write(polygons.set_crs(4269, allow_override=True), "countries.geojson", "GeoJSON")
    write(lines, "rivers.geojsonl", "GeoJSONSeq")
    write(points, "cities.geojsons", "GeoJSONSeq", layer_options={"RS": "YES", "COORDINATE_PRECISION": "5"})
    write(points, "cities.csv", "CSV", layer_options={"GEOMETRY": "AS_XYZ", "SEPARATOR": "SEMICOLON"})
    write(polygons, "countries.csv", "CSV", layer_options={"GEOMETRY": "AS_WKT", "SEPARATOR": "COMMA"})
    write(flat(points), "places.kml", "LIBKML", layer="cities")
    write(polygons, "places.kml", "LIBKML", layer="countries", append=True)
    write(lines, "rivers.kmz", "LIBKML", layer="rivers")
    write(polygons, "countries.kml", "KML", dataset_options={"NameField": "NAME"})
    noise = ["id", "Description", "description", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude",
             "visibility", "drawOrder", "icon", "snippet"]
    csv = {"AUTODETECT_TYPE": "YES"}
    expected = [
        expectation(OUT / "cities.geojson", drop=["id"]),
        expectation(OUT / "countries.geojson"),
        expectation(OUT / "rivers.geojsonl"),
        expectation(OUT / "cities.geojsons"),
        expectation(OUT / "cities.csv", drop=["X", "Y", "Z"], X_POSSIBLE_NAMES="X", Y_POSSIBLE_NAMES="Y",
                    Z_POSSIBLE_NAMES="Z", **csv),
        expectation(OUT / "countries.csv", drop=["WKT"], **csv),
        expectation(OUT / "places.kml", "cities", drop=noise),
        expectation(OUT / "places.kml", "countries", drop=noise),
        expectation(OUT / "rivers.kmz", "rivers", drop=noise),
        expectation(OUT / "countries.kml", "countries", drop=noise),
        expectation(LAYERS / "nasty" / "nested_parts.json"),
        expectation(LAYERS / "nasty" / "multipoint.json"),
    ]
    lines = [json.dumps(case, ensure_ascii=False) for case in expected]
    (OUT / "expected.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
