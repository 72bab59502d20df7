"""Measures the tools beside GEOS, JTS, DuckDB and others on large layers, checks that all agree, and prints Markdown tables.

Run by `cargo xtask bench-toolbox`, which builds and installs what this needs. Ours runs once with one thread for processor time, and for
tools that work on independent features with one and with two threads for wall time; peers run on one thread. Figures that do not agree are
printed and end the program with status 1.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import layers

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
JTS = "/usr/share/java/jts-core.jar"
ENGINES = ["GEOS", "geopandas", "SciPy", "PROJ", "JTS", "DuckDB"]
# By the first word of a way.
ENGINE_OF = {"shapely": "GEOS", "geopandas": "geopandas", "scipy": "SciPy", "pyproj": "PROJ", "JTS": "JTS", "DuckDB": "DuckDB"}


class Row:
    """`tolerance`: how far figures may be apart, as a share. `target`: how many times faster than `rival` ours is to be; the rival is the
    quickest way whose name starts so. `threads`: whether features are independent, so that two threads are to be quicker."""

    def __init__(self, tolerance=1e-9, rival="shapely", target=None, threads=False):
        self.tolerance, self.rival, self.target, self.threads = tolerance, rival, target, threads


# GEOS and JTS drop details of an outline that are small beside the distance; ours keeps them.
OFFSET = 3e-5
# Vertices are counted: how many stay depends on where a ring starts, and on what is done about rings that collapse or cross.
SIMPLIFIED = 5e-2
# Of several cities at one place any may be the nearest, and its number is what is summed.
NEAREST = 1e-4
ROWS = {
    "buffer_points_10k": Row(target=4),
    "buffer_points_100k": Row(target=4),
    "buffer_counties_1km": Row(OFFSET, target=1, threads=True),
    "buffer_counties_inwards_1km": Row(OFFSET, target=1, threads=True),
    "buffer_counties_10km": Row(OFFSET, target=1, threads=True),
    "geodesic_buffer": Row(1e-9, "pyproj", threads=True),
    "dissolve_counties": Row(target=1.5, rival="shapely coverage"),
    "intersect_counties_hexagons": Row(target=3, threads=True),
    "union_counties_hexagons": Row(rival="geopandas", threads=True),
    "points_in_counties": Row(rival="geopandas", target=5, threads=True),
    "points_in_counties_pairs": Row(target=5),
    "summarize_points_within_counties": Row(rival="geopandas", threads=True),
    "nearest_cities": Row(NEAREST, rival="geopandas", threads=True),
    "nearest_cities_pairs": Row(NEAREST, rival="scipy cKDTree", target=2.5),
    "nearest_line": Row(target=3, threads=True),
    "project_web_mercator": Row(rival="pyproj", target=2),
    "project_utm": Row(rival="pyproj", target=1),
    "geodesic_area": Row(rival="pyproj", target=1.5),
    "voronoi_100k": Row(rival=""),
    "concave_hull_100k": Row(),
    "simplify_counties": Row(SIMPLIFIED, threads=True),
    "simplify_counties_checked": Row(1e-2, threads=True),
    "simplify_shared_edges": Row(1e-3),
    "repair_countries": Row(),
}
THREADS_TARGET = 1.7
SCALES = ["Buffer", "Intersect", "SpatialJoin", "SummarizeWithin"]
COUNTS = [10_000, 100_000, 1_000_000]


def lines_of(command, **environment):
    """What a program says, one JSON a line; its errors pass through."""
    print("$", " ".join(map(str, command)), file=sys.stderr)
    done = subprocess.run(list(map(str, command)), env=os.environ | environment, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"failed with status {done.returncode}: {command[0]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def build():
    """The path of our program, built."""
    command = ["cargo", "bench", "--no-run", "--package", "gp-tests", "--bench", "toolbox", "--message-format", "json-render-diagnostics"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    artifacts = [json.loads(line) for line in done.stdout.splitlines()]
    return next(one["executable"] for one in artifacts if one.get("executable"))


def ours(program, folder, runs, rows, threads):
    lines = lines_of([program, folder, runs, *rows], RAYON_NUM_THREADS=str(threads)) if rows else []
    return {line["row"]: line for line in lines}


def peers(args, rows):
    """Lines of all peers by row."""
    lines = lines_of([sys.executable, "-B", HERE / "peer_shapely.py", args.layers, "--runs", args.runs, *rows])
    duckdb = [args.duckdb, "-B", HERE / "peer_duckdb.py", args.layers, "--runs", args.runs, *rows]
    lines += lines_of(duckdb)
    # Without a display, and with a heap that the garbage collector need not fight for.
    lines += lines_of(["java", "-Xmx4g", "-cp", JTS, HERE / "peer_jts.java", args.layers, args.runs, *rows])
    return {row: [line for line in lines if line["row"] == row] for row in rows}


def disagreements(own, others):
    """What is wrong, in words."""
    for row, line in own.items():
        for other in others[row]:
            apart = abs(line["check"] - other["check"]) / max(abs(other["check"]), 1e-300)
            if not apart <= ROWS[row].tolerance:
                yield f"{row}: ours {line['check']!r}, {other['way']} {other['check']!r}: {apart:.2g} apart, allowed {ROWS[row].tolerance:g}"


def quickest(lines, start=""):
    """The line of least processor time among ways that start so."""
    return min((line for line in lines if line["way"].startswith(start)), key=lambda line: line["cpu_ms"], default=None)


def engine_of(line):
    return ENGINE_OF[line["way"].replace(",", " ").split()[0]]


def ratio(value, target):
    if target is None:
        return f"{value:.2f}"
    return f"{value:.2f}" if value >= target else f"**{value:.2f}**"


def print_rows(own, others):
    print("\nProcessor time on one thread in ms; peers by their quickest way. Ratios below the target are bold.\n")
    print("| row | ours |", " | ".join(ENGINES), "| ratio | to | target |")
    print("|---|---:|", "---:|" * len(ENGINES), "---:|---|---:|", sep="")
    for row, line in own.items():
        cells = []
        for engine in ENGINES:
            best = quickest([other for other in others[row] if engine_of(other) == engine])
            cells.append(f"{best['cpu_ms']:.0f}" if best else "")
        rival, target = quickest(others[row], ROWS[row].rival), ROWS[row].target
        faster = rival["cpu_ms"] / line["cpu_ms"]
        print(f"| {row} | {line['cpu_ms']:.0f} |", " | ".join(cells), f"| {ratio(faster, target)} | {rival['way']} | {target or ''} |")


def print_threads(one, two):
    if not one:
        return
    print(f"\nWall time of ours in ms; the target of the speed-up is {THREADS_TARGET}.\n")
    print("| row | one thread | two threads | speed-up |\n|---|---:|---:|---:|")
    for row, line in one.items():
        before, after = line["wall_ms"], two[row]["wall_ms"]
        print(f"| {row} | {before:.0f} | {after:.0f} | {ratio(before / after, THREADS_TARGET)} |")


def exponent(lines):
    """The slope of the logarithm of processor time over that of the count, by least squares."""
    x = [math.log(line["count"]) for line in lines]
    y = [math.log(line["cpu_ms"]) for line in lines]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum((a - mean_x) ** 2 for a in x)


def print_scale(program, counts):
    print("\nGrowth with the number of features, one thread, each in a process of its own. Memory in MB: the parsed input, the output, and the")
    print("peak while the tool runs, above what was resident when it started. Peak / (3 × input + output) is to be 1 at most.\n")
    print("| tool | features | CPU ms | wall ms | input | output | peak | peak / (3 × input + output) |\n|---|---:|---:|---:|---:|---:|---:|---:|")
    exponents = {}
    for name in SCALES:
        lines = [lines_of([program, "--scale", name, count], RAYON_NUM_THREADS="1")[0] for count in counts]
        for line in lines:
            share = f"{line['ratio']:.2f}" if line["ratio"] <= 1 else f"**{line['ratio']:.2f}**"
            megabytes = " | ".join(f"{line[key]:.1f}" for key in ["input_mb", "output_mb", "peak_mb"])
            print(f"| {name} | {line['count']:,} | {line['cpu_ms']:.0f} | {line['wall_ms']:.0f} | {megabytes} | {share} |")
        exponents[name] = exponent(lines)
    print("\nProcessor time grows with the count to the power of", ", ".join(f"{power:.2f} ({name})" for name, power in exponents.items()) + ".")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=Path, required=True, help="the folder of the layers; they are made when they are not there")
    parser.add_argument("--duckdb", type=Path, required=True, help="the Python that has DuckDB")
    parser.add_argument("--rows", help="rows to measure, separated by commas; without the table of growth")
    parser.add_argument("--quick", dest="runs", action="store_const", const=1, default=3, help="run everything once instead of three times")
    args = parser.parse_args()
    rows = args.rows.split(",") if args.rows else list(ROWS)
    if unknown := [row for row in rows if row not in ROWS]:
        sys.exit(f"no row is called {', '.join(unknown)}: {', '.join(ROWS)}")
    layers.make(args.layers)
    program = build()
    own, others = ours(program, args.layers, args.runs, rows, threads=1), peers(args, rows)
    independent = [row for row in rows if ROWS[row].threads]
    print_rows(own, others)
    print_threads({row: own[row] for row in own if row in independent}, ours(program, args.layers, args.runs, independent, threads=2))
    if not args.rows:
        print_scale(program, COUNTS)
    wrong = list(disagreements(own, others))
    print("\nFigures that do not agree:" if wrong else "\nAll figures agree.", *wrong, sep="\n- ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
