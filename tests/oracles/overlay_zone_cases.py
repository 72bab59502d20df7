"""Update, Split and Tabulate Intersection by GEOS and GeographicLib."""

import functools
import itertools

import shapely

from case import EXACT, case, file
from esri import Layer, geodesic_area, keep_dimension, load, subset
from overlay_cases import (
    ALBERS,
    CITIES,
    EXAMPLE_COUNTRIES,
    HEXAGONS,
    NASTY,
    NASTY_POLYGONS,
    SQUARE,
    grid_lines,
    kept,
    union,
)
from overlay_more_cases import ABOVE_1_M2, discs, layer, squares_in_degrees


def update_cases():
    counties, over = load(ALBERS), discs()
    updates = Layer(over)
    covered = union(updates)
    rests = kept(counties, "GEOID", lambda shape: shapely.difference(shape, covered))
    yield case(
        "Update",
        "counties_discs",
        {"Input_Features": file(ALBERS), "Update_Features": over},
        rests + [({"GEOID": row["GEOID"], "ALAND": row["ALAND"], "STATE": None}, shape) for row, shape in updates.rows()],
        note="fields are matched by name; the update features have no STATE",
    )
    apart = subset(updates, lambda row: row["GEOID"] != "d2")
    updates = Layer(apart)
    covered = union(updates)
    # A rest goes where its border is longest; snapped, because a cut does not fit together to the last digit.
    members = {row["GEOID"]: [shape] for row, shape in updates.rows()}
    rows = []
    for key, rest in kept(counties, "GEOID", lambda shape: shapely.difference(shape, covered)):
        borders = {row["GEOID"]: rest.boundary.intersection(shape.buffer(0.01)).length for row, shape in updates.rows()}
        owner = max(borders, key=borders.get)
        if borders[owner] > 1.0:
            members[owner].append(rest)
        else:
            rows.append((key, rest))
    rows += [({"GEOID": key}, shapely.union_all(shapes, grid_size=1e-4)) for key, shapes in members.items()]
    yield case(
        "Update",
        "counties_discs_no_borders",
        {"Input_Features": file(ALBERS), "Update_Features": apart, "Borders": "NO_BORDERS"},
        rows,
        note="the rests of the counties become part of the disc along which they lie",
    )
    for name in NASTY_POLYGONS:
        layer, square = load(f"{NASTY}{name}.json"), load(SQUARE)
        rows = [({}, shape) for _, shape in kept(layer, "NAME", lambda shape: shapely.difference(shape, union(square)))]
        yield case(
            "Update",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json"), "Update_Features": file(SQUARE)},
            rows + [({}, shape) for _, shape in square.rows()],
            note="repaired first",
        )


def grouped(layer, fields):
    groups = {}
    for row, shape in layer.rows():
        groups.setdefault(tuple(row[field] for field in fields), []).append((row, shape))
    return groups


def split_cases():
    def split(features, key, cutter, field, name):
        rows = []
        for (value,), members in grouped(cutter, [field]).items():
            mask = shapely.union_all([shape for _, shape in members])
            for row, piece in kept(features, key, functools.partial(shapely.intersection, mask)):
                rows.append((row | {name: value}, piece))
        return rows

    lines = grid_lines()
    for name, side, key, cutter, field, column in (
        ("counties_by_class", file(ALBERS), "GEOID", HEXAGONS, "CLASS", "CLASS"),
        ("hexagons_by_county", file(HEXAGONS), "ZONE", ALBERS, "NAME", "NAME"),
        ("lines_by_county", lines, "LINE", ALBERS, "NAME", "NAME"),
        ("cities_by_continent", file(CITIES), "CITY", EXAMPLE_COUNTRIES, "CONTINENT", "CONTINENT"),
    ):
        yield case(
            "Split",
            name,
            {"Input_Features": side, "Split_Features": file(cutter), "Split_Field": field},
            split(layer(side), key, load(cutter), field, column),
            note="one set of the pieces of all values",
            tolerance=ABOVE_1_M2 if name == "hexagons_by_county" else EXACT,
        )


def tabulated(zones, zone_fields, classes, class_fields, sum_fields, column, measure, whole_of_zone, unit=1.0):
    """Rows of attributes from the definition."""
    rows = []
    dimension = shapely.get_dimensions(classes.rows()[0][1])
    wholes = {key: sum(measure(s) for _, s in members) for key, members in grouped(classes, class_fields).items()}
    for zone, members in grouped(zones, zone_fields).items():
        whole = sum(measure(shape) for _, shape in members) if whole_of_zone else None
        for key, others in grouped(classes, class_fields).items():
            total, sums, meets = 0.0, dict.fromkeys(sum_fields, 0.0), False
            for (_, area), (row, shape) in itertools.product(members, others):
                if not area.intersects(shape):
                    continue
                piece = keep_dimension(area.intersection(shape), dimension)
                if piece.is_empty:
                    continue
                meets = True
                total += measure(piece)
                for field in sum_fields:
                    sums[field] += row[field] * measure(piece) / measure(shape)
            if meets:
                keys = dict(zip(zone_fields, zone, strict=True)) | dict(zip(class_fields, key, strict=True)) | sums
                share = 100.0 * total / (whole if whole_of_zone else wholes[key])
                rows.append((keys | {column: total / unit, "PERCENTAGE": share}, None))
    return rows


def tabulate_cases():
    counties, hexagons = load(ALBERS), load(HEXAGONS)
    tool = "TabulateIntersection"

    def parameters(zones, zone_field, classes, **more):
        return {"Zone_Features": zones, "Zone_Fields": [zone_field], "Class_Features": classes, **more}

    yield case(
        tool,
        "hexagon_classes_counties",
        parameters(file(HEXAGONS), "CLASS", file(ALBERS), Class_Fields=["NAME"], Sum_Fields=["ALAND"], Out_Units="HECTARES"),
        tabulated(hexagons, ["CLASS"], counties, ["NAME"], ["ALAND"], "AREA", lambda s: s.area, True, 1e4),
        note="areas of real polygons in classes of a grid; a sum field is divided by area",
    )
    lines = grid_lines()
    yield case(
        tool,
        "counties_lines",
        parameters(file(ALBERS), "NAME", lines, Class_Fields=["LINE"]),
        tabulated(counties, ["NAME"], Layer(lines), ["LINE"], [], "LENGTH", lambda s: s.length, False),
        note="lengths of lines; percentages are of the line",
    )
    yield case(
        tool,
        "continents_cities",
        parameters(file(EXAMPLE_COUNTRIES), "CONTINENT", file(CITIES)),
        tabulated(load(EXAMPLE_COUNTRIES), ["CONTINENT"], load(CITIES), [], [], "PNT_COUNT", lambda s: 1, False),
        note="points are counted",
    )
    cells, countries = squares_in_degrees(60), load(EXAMPLE_COUNTRIES)
    yield case(
        tool,
        "cells_continents",
        parameters(cells, "CELL", file(EXAMPLE_COUNTRIES), Class_Fields=["CONTINENT"], Out_Units="SQUARE_KILOMETERS"),
        tabulated(Layer(cells), ["CELL"], countries, ["CONTINENT"], [], "AREA", geodesic_area, True, 1e6),
        note="degrees are measured on the ellipsoid",
    )


def cases():
    return [
        *update_cases(),
        *split_cases(),
        *tabulate_cases(),
    ]
