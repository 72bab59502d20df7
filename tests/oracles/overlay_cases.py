"""Intersect, Clip, Erase and Dissolve by GEOS."""

import statistics

import shapely

from case import EXACT, case, file, inline
from esri import Layer, keep_dimension, load

ALBERS = "tests/data/counties_albers.json"
HEXAGONS = "tests/data/hexagons_albers.json"
COUNTIES = "tests/data/counties.json"
INVALID = "tests/data/countries_invalid.json"
COUNTRIES = "tests/data/countries.json"
EXAMPLE_COUNTRIES = "examples/countries.json"
CITIES = "examples/cities.json"
NASTY = "tests/data/nasty/"
SQUARE = NASTY + "square.json"
NASTY_POLYGONS = [
    "bowtie",
    "spike",
    "duplicate_points",
    "hole_touches_shell",
    "hole_outside",
    "overlapping_parts",
    "nested_parts",
    "wrong_orientation",
    "unclosed_ring",
    "sliver",
    "star",
    "zero_area",
    "empty_geometry",
    "null_geometry",
]


def intersections(left, right, left_key, right_key):
    """Every pair of rows that share something of the lower of both dimensions."""
    rows = []
    tree = shapely.STRtree([geometry for _, geometry in right.rows()])
    for left_row, geometry in left.rows():
        for index in sorted(tree.query(geometry, predicate="intersects")):
            right_row, other = right.rows()[index]
            dimension = min(shapely.get_dimensions(geometry), shapely.get_dimensions(other))
            piece = keep_dimension(shapely.intersection(geometry, other), dimension)
            if not piece.is_empty:
                rows.append(({left_key: left_row[left_key], right_key: right_row[right_key]}, piece))
    return rows


def union(layer):
    return shapely.union_all([geometry for _, geometry in layer.rows()])


def kept(layer, key, piece_of):
    """What is left of each row; rows of which nothing is left are left out."""
    rows = []
    for attributes, geometry in layer.rows():
        piece = keep_dimension(piece_of(geometry), shapely.get_dimensions(geometry))
        if not piece.is_empty:
            rows.append(({key: attributes[key]}, piece))
    return rows


def grid_lines():
    """A net of lines over the counties, as a feature set."""
    left, bottom, right, top = (round(v) for v in union(load(ALBERS)).bounds)
    rows = []
    for k in range(1, 6):
        x, y = left + k * (right - left) // 6, bottom + k * (top - bottom) // 6
        rows.append(({"LINE": f"x{k}"}, {"paths": [[[x, bottom], [x, top]]]}))
        rows.append(({"LINE": f"y{k}"}, {"paths": [[[left, y], [right, y]]]}))
    return inline("Polyline", 5070, {"LINE": "String"}, rows)


def intersect_cases():
    counties, hexagons = load(ALBERS), load(HEXAGONS)
    yield case(
        "Intersect",
        "counties_hexagons",
        {"Input_Features": file(ALBERS), "Overlay_Features": file(HEXAGONS)},
        intersections(counties, hexagons, "GEOID", "ZONE"),
        note="real polygons with a grid; a piece below 1 m2 may come or not",
        tolerance=EXACT | {"ignore_area_below": 1.0},
    )
    lines = grid_lines()
    yield case(
        "Intersect",
        "lines_counties",
        {"Input_Features": lines, "Overlay_Features": file(ALBERS)},
        intersections(Layer(lines), counties, "LINE", "GEOID"),
        note="lines with polygons are lines",
    )
    yield case(
        "Intersect",
        "cities_countries",
        {"Input_Features": file(CITIES), "Overlay_Features": file(EXAMPLE_COUNTRIES)},
        intersections(load(CITIES), load(EXAMPLE_COUNTRIES), "CITY", "ISO_A3"),
        note="points with polygons are points",
    )
    for name in NASTY_POLYGONS:
        layer = load(f"{NASTY}{name}.json")
        square = load(SQUARE)
        yield case(
            "Intersect",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json"), "Overlay_Features": file(SQUARE)},
            [({}, piece) for _, piece in intersections(layer, square, "NAME", "NAME")],
            note="repaired first",
        )


def clip_cases():
    for tool, piece in (("Clip", shapely.intersection), ("Erase", shapely.difference)):
        other = f"{tool}_Features"

        def cut(layer, key, cutter, piece=piece):
            mask = union(cutter)
            return kept(layer, key, lambda geometry: piece(geometry, mask))

        outline = shapely.Point(1_950_000, 2_380_000).buffer(60_000, 90).exterior
        outline = shapely.Point(1_950_000, 2_380_000).buffer(60_000, 90).exterior
        disc = {"rings": [[[round(x, 3), round(y, 3)] for x, y in outline.coords]]}
        discs = inline("Polygon", 5070, {"NAME": "String"}, [({"NAME": "disc"}, disc)])
        yield case(
            tool,
            "counties_disc",
            {"Input_Features": file(ALBERS), other: discs},
            cut(load(ALBERS), "GEOID", Layer(discs)),
            note="real polygons and one round area",
        )
        yield case(
            tool,
            "hexagons_counties",
            {"Input_Features": file(HEXAGONS), other: file(ALBERS)},
            cut(load(HEXAGONS), "ZONE", load(ALBERS)),
            note="a grid and the coast; the borders between the counties leave no trace",
            tolerance=EXACT | {"ignore_area_below": 1.0},
        )
        lines = grid_lines()
        yield case(
            tool,
            "lines_counties",
            {"Input_Features": lines, other: file(ALBERS)},
            cut(Layer(lines), "LINE", load(ALBERS)),
            note="lines by polygons",
        )
        yield case(
            tool,
            "cities_countries",
            {"Input_Features": file(CITIES), other: file(EXAMPLE_COUNTRIES)},
            cut(load(CITIES), "CITY", load(EXAMPLE_COUNTRIES)),
            note="points by polygons, in degrees",
        )
        world = {"rings": [[[-30, -60], [-30, 60], [60, 60], [60, -60], [-30, -60]]]}
        frame = inline("Polygon", 4326, {"NAME": "String"}, [({"NAME": "frame"}, world)])
        yield case(
            tool,
            "invalid_countries",
            {"Input_Features": file(INVALID), other: frame},
            cut(load(INVALID), "NAME", Layer(frame)),
            note="countries that GEOS calls invalid are repaired on input",
            tolerance=EXACT | {"area_ratio": 1e-5, "length_ratio": 1e-3},
        )
        for name in NASTY_POLYGONS:
            yield case(
                tool,
                f"nasty_{name}",
                {"Input_Features": file(f"{NASTY}{name}.json"), other: file(SQUARE)},
                cut(load(f"{NASTY}{name}.json"), "NAME", load(SQUARE)),
                note="repaired first",
            )


def statistic(kind, values):
    known = [value for value in values if value is not None]
    functions = {
        "SUM": sum,
        "MEAN": statistics.fmean,
        "MIN": min,
        "MAX": max,
        "COUNT": len,
        "RANGE": lambda v: max(v) - min(v),
    }
    return functions[kind](known)


def dissolved(layer, fields, wanted=()):
    """One row a combination of the fields' values; `wanted`: (field, statistic)."""
    groups = {}
    for attributes, geometry in zip(layer.attributes, layer.geometries, strict=True):
        groups.setdefault(tuple(attributes[field] for field in fields), []).append((attributes, geometry))
    rows = []
    for values, members in sorted(groups.items()):
        key = dict(zip(fields, values, strict=True))
        for field, kind in wanted:
            key[f"{kind}_{field}"] = statistic(kind, [attributes[field] for attributes, _ in members])
        rows.append((key, shapely.union_all([geometry for _, geometry in members if geometry is not None])))
    return rows


def dissolve_cases():
    wanted = [("ALAND", kind) for kind in ("SUM", "MEAN", "MIN", "MAX", "COUNT", "RANGE")]
    text = ";".join(f"{field} {kind}" for field, kind in wanted)
    yield case(
        "Dissolve",
        "counties_by_state",
        {"Input_Features": file(COUNTIES), "Dissolve_Fields": ["STATE"], "Statistics_Fields": text},
        dissolved(load(COUNTIES), ["STATE"], wanted),
        note="shared borders vanish; statistics of a field",
    )
    wanted = [("POP_EST", "SUM"), ("GDP_MUSD", "MEAN")]
    yield case(
        "Dissolve",
        "countries_by_continent",
        {
            "Input_Features": file(EXAMPLE_COUNTRIES),
            "Dissolve_Fields": ["CONTINENT"],
            "Statistics_Fields": "POP_EST SUM;GDP_MUSD MEAN",
        },
        dissolved(load(EXAMPLE_COUNTRIES), ["CONTINENT"], wanted),
        note="borders that differ in the last digit leave slivers in both engines",
        tolerance=EXACT | {"length_ratio": 1e-3},
    )
    yield case(
        "Dissolve",
        "everything",
        {"Input_Features": file(ALBERS)},
        dissolved(load(ALBERS), []),
        note="no field: one feature",
    )
    for name, layer, fields in (("counties", ALBERS, []), ("hexagons", HEXAGONS, ["CLASS"])):
        rows = [(key, part) for key, geometry in dissolved(load(layer), fields) for part in shapely.get_parts(geometry)]
        yield case(
            "Dissolve",
            f"{name}_single_part",
            {"Input_Features": file(layer), "Dissolve_Fields": fields, "Multi_Part": "SINGLE_PART"},
            rows,
            note="one feature a part",
        )
    yield case(
        "Dissolve",
        "countries_110m",
        {"Input_Features": file(COUNTRIES)},
        dissolved(load(COUNTRIES), []),
        note="the whole world, four invalid countries included",
        tolerance=EXACT | {"length_ratio": 1e-3},
    )
    for name in NASTY_POLYGONS:
        layer = load(f"{NASTY}{name}.json")
        yield case(
            "Dissolve",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json")},
            dissolved(layer, []),
            note="repaired, then united",
        )


def cases():
    return [*intersect_cases(), *clip_cases(), *dissolve_cases()]
