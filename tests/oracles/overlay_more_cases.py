"""Union, Identity and SymDiff by GEOS, and Intersect of more than two layers."""

import functools
import itertools

import shapely

from case import EXACT, case, file, inline
from esri import Layer, keep_dimension, load, subset
from overlay_cases import (
    ALBERS,
    CITIES,
    COUNTIES,
    COUNTRIES,
    EXAMPLE_COUNTRIES,
    HEXAGONS,
    NASTY,
    NASTY_POLYGONS,
    SQUARE,
    grid_lines,
)

INPUT = "FID_Input_Features"
OVERLAY = "FID_Overlay_Features"
# A piece below 1 m2 may come or not: GEOS keeps slivers of its rounding.
ABOVE_1_M2 = EXACT | {"ignore_area_below": 1.0}


def pieces(layers, names, wants_absent=True):
    """The area of each combination of one row a layer; with `wants_absent`, of layers without a row too.

    From the definition: everything that is present has it in common, and nothing that is absent. Neighbours are united
    before they are taken away: one after the other they leave spikes along borders that they share.
    """
    rows = [layer.rows() for layer in layers]
    trees = [shapely.STRtree([shape for _, shape in layer]) for layer in rows]

    def without(area, number):
        others = [rows[number][index][1] for index in trees[number].query(area)]
        return keep_dimension(shapely.difference(area, shapely.union_all(others)), 2)

    def extended(ids, area):
        number = len(ids)
        if area is not None and area.is_empty:
            return []
        if number == len(layers):
            return [] if area is None else [(dict(zip(names, ids, strict=True)), area)]
        found = []
        for index in range(len(rows[number])) if area is None else sorted(trees[number].query(area)):
            row, shape = rows[number][index]
            if area is None:
                common = functools.reduce(without, range(number), shape)
            else:
                common = keep_dimension(shapely.intersection(area, shape), 2)
            found += extended([*ids, row["OBJECTID"]], common)
        if wants_absent:
            found += extended([*ids, -1], None if area is None else without(area, number))
        return found

    return extended([], None)


def divided(rows, layers, names, least=1e-12):
    """The pieces, cut along the other features of the layers in which they lie, as Union does."""
    tables = [layer.rows() for layer in layers]
    trees = [shapely.STRtree([shape for _, shape in table]) for table in tables]
    done = []
    for ids, area in rows:
        parts = [area]
        for name, table, tree in zip(names, tables, trees, strict=True):
            for index in tree.query(area) if ids[name] != -1 else []:
                row, shape = table[index]
                if row["OBJECTID"] == ids[name] or shape.intersection(area).area <= least:
                    continue
                halves = [half for part in parts for half in (part.intersection(shape), part.difference(shape))]
                parts = [half for half in (keep_dimension(half, 2) for half in halves) if half.area > least]
        done += [(ids, part) for part in parts]
    return done


def large(rows, least=1.0):
    """Without the slivers that GEOS keeps of its rounding: whole rows, and parts narrower than eight units in the last
    place of the coordinates, which the tools leave out.
    """

    def is_wide(part):
        return 2 * part.area > part.length * max(map(abs, part.bounds)) * 2**-49

    parts = [(key, [part for part in shapely.get_parts(shape) if is_wide(part)]) for key, shape in rows]
    return [(key, shapely.MultiPolygon(kept)) for key, kept in parts if sum(part.area for part in kept) >= least]


def layer(value):
    """The layer of a parameter."""
    return load(value["file"]) if "file" in value else Layer(value)


def disc(x, y, radius, quarter=24, **attributes):
    ring = shapely.Point(x, y).buffer(radius, quarter).exterior.coords
    return attributes, {"rings": [[[round(a, 3), round(b, 3)] for a, b in ring]]}


def discs():
    """Round areas that overlap each other, the counties and the sea."""
    places = [(1_950_000, 2_380_000, 60_000), (2_000_000, 2_400_000, 40_000), (1_880_000, 2_370_000, 25_000)]
    rows = [disc(*place, GEOID=f"d{n}", NAME=f"disc {n}", ALAND=n * 1000) for n, place in enumerate(places, 1)]
    return inline("Polygon", 5070, {"GEOID": "String", "NAME": "String", "ALAND": "Double"}, rows)


def city_discs(cities):
    """Discs of degrees around cities, taken for metres: many overlap, some lie one on the other."""
    rows = []
    for row, place in Layer(cities).rows():
        radius = 20_000 + row["OBJECTID"] % 7 * 10_000
        rows.append(disc(place.x * 1e4, place.y * 1e4, radius, 6, CITY=row["CITY"]))
    return inline("Polygon", 5070, {"CITY": "String"}, rows)


def squares_in_degrees(size):
    rows = []
    for x, y in itertools.product(range(-180, 180, size), range(-90, 90, size)):
        ring = [[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]]
        rows.append(({"CELL": f"{x} {y}"}, {"rings": [ring]}))
    return inline("Polygon", 4326, {"CELL": "String"}, rows)


def overlay_cases():
    """Tools of two layers of polygons."""
    choices = {
        "Union": ("Overlay_Features", lambda left, right: True),
        "Identity": ("Identity_Features", lambda left, right: left != -1),
        "SymDiff": ("Update_Features", lambda left, right: -1 in (left, right)),
    }
    for tool, (other, is_wanted) in choices.items():
        names = (INPUT, f"FID_{other}")

        def made(left, right, tool=tool, names=names, is_wanted=is_wanted):
            rows = [row for row in pieces([left, right], names) if is_wanted(*row[0].values())]
            return divided(rows, [left, right], names) if tool == "Union" else rows

        for name, left, right, note in (
            ("counties_hexagons", file(ALBERS), file(HEXAGONS), "real polygons, a coast and a grid"),
            ("hexagons_counties", file(HEXAGONS), file(ALBERS), "a grid with real polygons"),
            ("counties_discs", file(ALBERS), discs(), "features of the second layer overlap each other"),
        ):
            parameters = {"Input_Features": left, other: right}
            yield case(tool, name, parameters, large(made(layer(left), layer(right))), note=note, tolerance=ABOVE_1_M2)
        cells = squares_in_degrees(60)
        yield case(
            tool,
            "countries_cells",
            {"Input_Features": file(COUNTRIES), other: cells},
            large(made(load(COUNTRIES), Layer(cells)), 1e-9),
            note="the whole world in degrees, four invalid countries included; slivers may come or not",
            tolerance=EXACT | {"ignore_area_below": 1e-9},
        )
        counties = load(COUNTIES)
        whole = pieces([counties], [INPUT])
        yield case(
            tool,
            "counties_with_themselves",
            {"Input_Features": file(COUNTIES), other: file(COUNTIES)},
            [] if tool == "SymDiff" else [({name: ids[INPUT] for name in names}, shape) for ids, shape in whole],
            note="all borders are shared exactly and leave no slivers",
        )
        for name in NASTY_POLYGONS:
            yield case(
                tool,
                f"nasty_{name}",
                {"Input_Features": file(f"{NASTY}{name}.json"), other: file(SQUARE)},
                made(load(f"{NASTY}{name}.json"), load(SQUARE)),
                note="repaired first",
            )


def layers_cases():
    """Three layers, and gaps."""
    squares = []
    for x, y in itertools.product(range(1_840_000, 2_060_000, 55_000), range(2_330_000, 2_440_000, 55_000)):
        ring = [[x, y], [x, y + 55_000], [x + 55_000, y + 55_000], [x + 55_000, y], [x, y]]
        squares.append(({"SQUARE": f"{x} {y}"}, {"rings": [ring]}))
    three = [file(ALBERS), inline("Polygon", 5070, {"SQUARE": "String"}, squares), discs()]
    layers, names = [layer(one) for one in three], (INPUT, OVERLAY, f"{OVERLAY}_1")
    for tool, rows in (
        ("Union", divided(pieces(layers, names), layers, names)),
        ("Intersect", pieces(layers, names, wants_absent=False)),
    ):
        yield case(
            tool,
            "three_layers",
            {"Input_Features": three[0], "Overlay_Features": three[1:]},
            large(rows),
            note="a list of layers",
            tolerance=ABOVE_1_M2,
        )
    cities = subset(load(CITIES), lambda row: row["OBJECTID"] % 4 == 0)
    for name, alone in (("cities_discs", city_discs(cities)), ("counties_alone", file(ALBERS))):
        rows = [({INPUT: row["OBJECTID"]}, shape) for row, shape in layer(alone).rows()]
        yield case(
            "Union",
            name,
            {"Input_Features": alone},
            large(divided(rows, [layer(alone)], [INPUT])),
            note="a single layer, its features cut along each other",
            tolerance=ABOVE_1_M2,
        )
    holey = subset(load(HEXAGONS), lambda row: row["OBJECTID"] < 80 and row["OBJECTID"] % 3 != 0)
    _, first = load(HEXAGONS).rows()[39]
    small = inline("Polygon", 5070, {"NAME": "String"}, [disc(first.centroid.x, first.centroid.y, 9_000, NAME="small")])
    both = [Layer(holey), Layer(small)]
    covered = shapely.union_all([shape for one in both for _, shape in one.rows()])
    filled = shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(covered)])
    gaps = [part for part in shapely.get_parts(shapely.difference(filled, covered)) if part.area > 1.0]
    yield case(
        "Union",
        "hexagons_with_gaps",
        {"Input_Features": holey, "Overlay_Features": small, "Gaps": "NO_GAPS"},
        large(pieces(both, (INPUT, OVERLAY))) + [({INPUT: -1, OVERLAY: -1}, gap) for gap in gaps],
        note="a third of the hexagons is missing; enclosed gaps become features",
        tolerance=ABOVE_1_M2,
    )
    lines = grid_lines()
    rows = []
    for (line, path), (county, area) in itertools.product(Layer(lines).rows(), load(ALBERS).rows()):
        for hexagon, cell in load(HEXAGONS).rows():
            if cell.intersects(path) and cell.intersects(area):
                piece = keep_dimension(path.intersection(area).intersection(cell), 1)
                if not piece.is_empty and piece.length > 1e-3:
                    keys = {"LINE": line["LINE"], "GEOID": county["GEOID"], "ZONE": hexagon["ZONE"]}
                    rows.append((keys, piece))
    yield case(
        "Intersect",
        "lines_counties_hexagons",
        {"Input_Features": lines, "Overlay_Features": [file(ALBERS), file(HEXAGONS)]},
        rows,
        note="lines through two layers of polygons",
    )


def lower_identity_cases():
    """Identity of points and lines."""
    lines = grid_lines()
    for name, left, right, dimension in (
        ("cities_countries", file(CITIES), file(EXAMPLE_COUNTRIES), 0),
        ("lines_counties", lines, file(ALBERS), 1),
    ):
        layers = [layer(left), layer(right)]
        rows = []
        for row, shape in layers[0].rows():
            near = [(other["OBJECTID"], area) for other, area in layers[1].rows() if area.intersects(shape)]
            parts = [(id, shape.intersection(area)) for id, area in near]
            parts.append((-1, shape.difference(shapely.union_all([area for _, area in near]))))
            for id, part in parts:
                part = keep_dimension(part, dimension)
                if not part.is_empty:
                    rows.append(({INPUT: row["OBJECTID"], "FID_Identity_Features": id}, part))
        yield case(
            "Identity",
            name,
            {"Input_Features": left, "Identity_Features": right},
            rows,
            note="points and lines keep what lies outside, with -1",
        )


def cases():
    return [*overlay_cases(), *layers_cases(), *lower_identity_cases()]
