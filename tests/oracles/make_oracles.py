"""Writes `cases/<tool>/<case>.json`: what GEOS, PROJ, GeographicLib, GDAL and SQLite say each tool must answer.

The format is described in README.md beside this file. Run by `cargo xtask oracles`; the output is deterministic.
"""

import json
import shutil
import sys
from pathlib import Path

import aggregate_cases
import attribute_cases
import border_cases
import buffer_cases
import feature_cases
import file_cases
import generalize_cases
import h3_cases
import hull_cases
import line_cases
import overlay_cases
import overlay_more_cases
import overlay_zone_cases
import proximity_area_cases
import proximity_cases
import proximity_summary_cases
import proximity_table_cases
import row_cases
import sampling_cases
import statistics_cases
import summary_cases
import table_cases

CASES = Path(__file__).resolve().parent / "cases"


def rounded(value):
    """Fifteen digits hide the last-bit noise between machines."""
    if isinstance(value, float):
        return float(f"{value:.13g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    return value


def compact(value):
    return json.dumps(value, ensure_ascii=False)


def write(case):
    """One row a line."""
    expect = rounded(case["expect"])
    rows = ",\n".join(compact(row) for row in expect.pop("rows"))
    text = (
        f'{{\n"tool": {compact(case["tool"])},\n"note": {compact(case["note"])},\n'
        f'"parameters": {compact(case["parameters"])},\n"expect": {compact(expect)[:-1]}, "rows": [\n{rows}\n]}}\n}}\n'
    )
    json.loads(text)
    folder = CASES / case["tool"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{case['name']}.json").write_text(text)


FAMILIES = [
    aggregate_cases,
    attribute_cases,
    border_cases,
    buffer_cases,
    feature_cases,
    file_cases,
    generalize_cases,
    h3_cases,
    hull_cases,
    line_cases,
    overlay_cases,
    overlay_more_cases,
    overlay_zone_cases,
    proximity_area_cases,
    proximity_cases,
    proximity_summary_cases,
    proximity_table_cases,
    row_cases,
    sampling_cases,
    statistics_cases,
    summary_cases,
    table_cases,
]


def main():
    """Tools named as arguments are made anew alone."""
    wanted = set(sys.argv[1:])
    cases = [case for family in FAMILIES for case in family.cases() if not wanted or case["tool"] in wanted]
    names = [(case["tool"], case["name"]) for case in cases]
    assert len(set(names)) == len(names), "two cases have one name"
    # Only now: a failure above must not leave the repository without cases.
    for folder in [CASES / tool for tool in wanted] or [CASES]:
        shutil.rmtree(folder, ignore_errors=True)
    for case in cases:
        write(case)
    tools = sorted({tool for tool, _ in names})
    print(", ".join(f"{tool} {sum(t == tool for t, _ in names)}" for tool in tools))
    print(f"{len(cases)} cases written")


if __name__ == "__main__":
    main()
