"""Measures how long files take to be written and read, beside GDAL (pyogrio) and pyarrow, and prints a table.

Ours writes every file; each peer reads that very file into columns of numbers and texts and geometries as WKB, then writes what
it read. Processor time of the process, all threads, median of the runs; the counts of features must agree."""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import pyarrow.parquet
import pyogrio

# How GDAL opens each format, and its driver for writing; formats that it has not are left out.
GDAL = {
    "ESRI_JSON": ("ESRIJSON:{}", None, {}),
    "GEOJSON": ("{}", "GeoJSON", {}),
    "GEOJSON_LINES": ("{}", "GeoJSONSeq", {}),
    "CSV": ("{}", "CSV", {"GEOMETRY": "AS_WKT"}),
    "SHAPEFILE": ("/vsizip/{}", "ESRI Shapefile", {}),
    "KML": ("{}", "KML", {}),
    "FLATGEOBUF": ("{}", "FlatGeobuf", {}),
    "GEOPACKAGE": ("{}", "GPKG", {}),
}


def measured(work, runs):
    """The result, and processor milliseconds."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        result = work()
        times.append((time.process_time() - start) * 1000)
    return result, statistics.median(times)


def by_gdal(path, line, runs):
    how, driver, options = GDAL[line["format"]]
    arguments = {"X_POSSIBLE_NAMES": "lon", "Y_POSSIBLE_NAMES": "lat"} if line["format"] == "CSV" and line["layer"] == "points" else {}
    (meta, _, geometry, fields), read_ms = measured(lambda: pyogrio.raw.read(how.format(path), **arguments), runs)
    assert len(geometry if geometry is not None else fields[0]) == line["count"], path
    if driver is None or geometry is None:
        return read_ms, None
    kinds = {"crs": meta["crs"], "geometry_type": meta["geometry_type"], "encoding": "UTF-8", "driver": driver}
    with tempfile.TemporaryDirectory() as folder:
        suffix = ".shp" if driver == "ESRI Shapefile" else path.suffix
        numbers = iter(range(runs))
        write = lambda: pyogrio.raw.write(
            f"{folder}/{next(numbers)}{suffix}", geometry, fields, meta["fields"], layer=line["layer"], **kinds, **options
        )
        return read_ms, measured(write, runs)[1]


def by_pyarrow(path, line, runs):
    table, read_ms = measured(lambda: pyarrow.parquet.read_table(path), runs)
    assert table.num_rows == line["count"], path
    with tempfile.TemporaryDirectory() as folder:
        return read_ms, measured(lambda: pyarrow.parquet.write_table(table, f"{folder}/a.parquet"), runs)[1]


def cells(ours_ms, peer_ms):
    if peer_ms is None:
        return f"{ours_ms:.0f} | | "
    return f"{ours_ms:.0f} | {peer_ms:.0f} | {peer_ms / ours_ms:.1f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        command = ["cargo", "bench", "--package", "gp-tests", "--bench", "formats", "--", folder, str(arguments.runs)]
        print("$", *command, file=sys.stderr)
        lines = [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]
        print("| layer | format | MB | read: ours, ms | peer | ratio | write: ours, ms | peer | ratio | peer |")
        print("|---|---|---:|---:|---:|---:|---:|---:|---:|---|")
        for line in lines:
            path = folder / line["file"]
            if line["format"] == "GEOPARQUET":
                peer, (read_ms, write_ms) = "pyarrow", by_pyarrow(path, line, arguments.runs)
            elif line["format"] in GDAL:
                peer, (read_ms, write_ms) = f"GDAL {pyogrio.__gdal_version_string__}", by_gdal(path, line, arguments.runs)
            else:
                peer, (read_ms, write_ms) = "", (None, None)
            row = f"| {line['layer']} | {line['format']} | {line['bytes'] / 1e6:.1f} | {cells(line['read_ms'], read_ms)}"
            print(row, f"| {cells(line['write_ms'], write_ms)} | {peer} |")


main()
