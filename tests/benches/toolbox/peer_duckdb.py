"""The rows of the toolbox benchmark in DuckDB's spatial SQL, on one thread: one line of JSON a row and way.

Usage: peer_duckdb.py LAYERS [--runs N] [ROW…]; all rows without any. The extension is inside the package `duckdb-ext-spatial`; DuckDB
finds it by its folder and fetches nothing.
"""

import argparse
import importlib.util
import json
import pickle
import time
from pathlib import Path

import duckdb
import numpy as np

# Longer than this, and one run has to do.
PATIENCE_S = 20

# By row: ways, each a query that gives one figure.
ROWS = {
    "buffer_points_10k": {"ST_Union_Agg": "SELECT ST_Area(ST_Union_Agg(ST_Buffer(geom, 20000, 16))) FROM points_10k"},
    "buffer_counties_1km": {"ST_Buffer": "SELECT sum(ST_Area(ST_Buffer(geom, 1000, 16))) FROM counties"},
    "buffer_counties_inwards_1km": {"ST_Buffer": "SELECT sum(ST_Area(ST_Buffer(geom, -1000, 16))) FROM counties"},
    "buffer_counties_10km": {"ST_Buffer": "SELECT sum(ST_Area(ST_Buffer(geom, 10000, 16))) FROM counties"},
    "dissolve_counties": {
        way: f"SELECT sum(area) FROM (SELECT ST_Area({way}(geom)) AS area FROM counties GROUP BY state)"
        for way in ["ST_Union_Agg", "ST_CoverageUnion_Agg"]
    },
    "intersect_counties_hexagons": {
        "ST_Intersection": """SELECT sum(ST_Area(ST_Intersection(counties.geom, hexagons.geom)))
            FROM counties JOIN hexagons ON ST_Intersects(counties.geom, hexagons.geom)"""
    },
    "points_in_counties_pairs": {
        "ST_Intersects": "SELECT count(*) FROM points_1m JOIN counties ON ST_Intersects(points_1m.geom, counties.geom)"
    },
    "summarize_points_within_counties": {
        "GROUP BY": """SELECT sum(total) FROM (SELECT sum(points_1m.value) AS total
            FROM points_1m JOIN counties ON ST_Intersects(points_1m.geom, counties.geom) GROUP BY counties.id)"""
    },
    "simplify_counties": {"ST_Simplify": "SELECT sum(ST_NPoints(ST_Simplify(geom, 1000))) FROM counties"},
    "simplify_counties_checked": {
        "ST_SimplifyPreserveTopology": "SELECT sum(ST_NPoints(ST_SimplifyPreserveTopology(geom, 1000))) FROM counties"
    },
    "simplify_shared_edges": {
        "ST_CoverageSimplify_Agg": "SELECT ST_NPoints(ST_CoverageSimplify_Agg(geom, 1000)) FROM counties"
    },
    "concave_hull_100k": {"ST_ConcaveHull": "SELECT ST_Area(ST_ConcaveHull(ST_Collect(list(geom)), 0.3, false)) FROM points_100k"},
}


def connect():
    package = importlib.util.find_spec("duckdb_ext").submodule_search_locations[0]
    config = {"threads": 1, "extension_directory": f"{package}/extensions", "autoinstall_known_extensions": False}
    connection = duckdb.connect(config=config)
    connection.load_extension("spatial")
    return connection


def polygons(connection, folder, name):
    attributes, wkb = pickle.loads((folder / f"{name}.pickle").read_bytes())
    connection.execute(f"CREATE TABLE {name} (id INTEGER, state VARCHAR, geom GEOMETRY)")
    rows = [(number, row.get("STATEFP"), bytes(one)) for number, (row, one) in enumerate(zip(attributes, wkb, strict=True))]
    connection.executemany(f"INSERT INTO {name} VALUES (?, ?, ST_GeomFromWKB(?))", rows)


def points(connection, folder, name):
    xy = np.load(folder / f"{name}.npy")
    columns = {"x": xy[:, 0].copy(), "y": xy[:, 1].copy(), "value": np.arange(1, len(xy) + 1) % 1000}
    connection.register("columns", columns)
    connection.execute(f"CREATE TABLE {name} AS SELECT ST_Point(x, y) AS geom, value FROM columns")


def measure(connection, query, count):
    """The median run by processor time, in milliseconds, and the figure."""
    runs = []
    for _ in range(count):
        cpu, wall = time.process_time(), time.perf_counter()
        (figure,) = connection.execute(query).fetchone()
        runs.append((time.process_time() - cpu, time.perf_counter() - wall))
        if runs[-1][0] > PATIENCE_S:
            break
    cpu, wall = sorted(runs)[len(runs) // 2]
    return cpu * 1000, wall * 1000, figure


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layers", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("rows", nargs="*")
    args = parser.parse_intermixed_args()
    connection = connect()
    for name in ["counties", "hexagons"]:
        polygons(connection, args.layers, name)
    for name in ["points_10k", "points_100k", "points_1m"]:
        points(connection, args.layers, name)
    for row, ways in ROWS.items():
        if args.rows and row not in args.rows:
            continue
        for way, query in ways.items():
            cpu_ms, wall_ms, figure = measure(connection, query, args.runs)
            line = {"row": row, "way": f"DuckDB {way}", "cpu_ms": cpu_ms, "wall_ms": wall_ms, "check": float(figure)}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
