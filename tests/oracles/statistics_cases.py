"""Statistics, Frequency and Join Field by pandas, Calculate Field by SQLite."""

import sqlite3

import pandas

from case import case, file, inline
from esri import load

COUNTRIES = "examples/countries.json"
COUNTIES = "tests/data/counties.json"
HEXAGONS = "tests/data/hexagons_albers.json"
NASTY = "tests/data/nasty/"

# The statistic of each name, of values without nulls, by pandas.
STATISTICS = {
    "SUM": lambda values: values.sum(),
    "MEAN": lambda values: values.mean(),
    "MIN": lambda values: values.min(),
    "MAX": lambda values: values.max(),
    "RANGE": lambda values: values.max() - values.min(),
    "STD": lambda values: values.std(ddof=1),
    "VARIANCE": lambda values: values.var(ddof=1),
    "MEDIAN": lambda values: values.median(),
    "COUNT": lambda values: values.count(),
    "UNIQUE": lambda values: values.nunique(),
    "FIRST": lambda values: values.iloc[0],
    "LAST": lambda values: values.iloc[-1],
    "MODE": lambda values: values.mode().min(),
}


def frame(layer):
    return pandas.DataFrame(layer.attributes)


def plain(value):
    """A value as JSON has it; NaN is null."""
    if value is None or (not isinstance(value, str) and pandas.isna(value)):
        return None
    return value.item() if hasattr(value, "item") else value


def groups(table, fields):
    """(values of the fields, rows) of each group; null is a value."""
    if not fields:
        return [((), table)]
    grouped = table.groupby(fields, dropna=False, sort=True)
    return [(key if isinstance(key, tuple) else (key,), rows) for key, rows in grouped]


def statistics_case(name, source, layer, cases, entries, note, **more):
    table = frame(layer)
    rows = []
    for key, members in groups(table, cases):
        row = {field: plain(value) for field, value in zip(cases, key, strict=True)}
        row["FREQUENCY"] = len(members)
        for entry in entries:
            field, statistic = entry.split()
            values = members[field].dropna()
            empty = len(values) == 0 and statistic not in ("COUNT", "UNIQUE")
            row[f"{statistic}_{field}"] = None if empty else plain(STATISTICS[statistic](values))
        rows.append((row, None))
    parameters = {"Input_Table": source, "Statistics_Fields": ";".join(entries), **more}
    if cases:
        parameters["Case_Fields"] = cases
    return case("Statistics", name, parameters, rows, note=note)


def with_nulls():
    """Values with gaps, large and small ones side by side, and groups of one and of nothing but nulls."""
    values = [1e12 + 0.25, 1e-3, None, 7.5, 7.5, -3.25, 0.1, 0.2, None, 0.3]
    kinds = ["a", "a", "a", "b", "b", "b", None, None, "c", "d"]
    pairs = zip(kinds, values, strict=True)
    rows = [({"KIND": kind, "V": value, "N": k % 3}, None) for k, (kind, value) in enumerate(pairs)]
    return inline("Point", 4326, {"KIND": "String", "V": "Double", "N": "Integer"}, rows)


def statistics_cases():
    countries, counties, hexagons = load(COUNTRIES), load(COUNTIES), load(HEXAGONS)
    numbers = [f"POP_EST {name}" for name in STATISTICS if name not in ("MODE", "FIRST", "LAST")]
    yield statistics_case(
        "countries_by_continent",
        file(COUNTRIES),
        countries,
        ["CONTINENT"],
        [*numbers, "GDP_MUSD MEAN", "NAME FIRST", "NAME LAST", "NAME MIN", "NAME MAX"],
        "every statistic of numbers, and those of texts",
    )
    yield statistics_case(
        "counties_by_state",
        file(COUNTIES),
        counties,
        ["STATE"],
        ["ALAND SUM", "ALAND STD", "GEOID COUNT"],
        "areas in m2",
    )
    yield statistics_case(
        "hexagons_by_class",
        file(HEXAGONS),
        hexagons,
        ["CLASS"],
        ["OBJECTID MEAN", "ZONE UNIQUE", "ZONE MODE"],
        "a case field of whole numbers",
    )
    yield statistics_case("all_countries", file(COUNTRIES), countries, [], numbers, "one group")
    gaps = with_nulls()
    layer = type(countries)(gaps)
    entries = [f"V {name}" for name in STATISTICS if name != "UNIQUE"] + ["N MODE"]
    yield statistics_case("nulls", gaps, layer, ["KIND"], entries, "nulls take no part; as a case null is a group")
    yield statistics_case(
        "two_case_fields", gaps, layer, ["KIND", "N"], ["V SUM", "V COUNT"], "combinations of text and numbers"
    )
    joined = frame(countries).groupby("CONTINENT")["ISO_A3"].agg("|".join)
    yield case(
        "Statistics",
        "concatenate",
        {
            "Input_Table": file(COUNTRIES),
            "Statistics_Fields": [["ISO_A3", "CONCATENATE"]],
            "Case_Fields": ["CONTINENT"],
            "Concatenation_Separator": "|",
        },
        [({"CONTINENT": name, "CONCATENATE_ISO_A3": text}, None) for name, text in joined.items()],
        note="texts in the order of the rows; the entry is a row of a value table",
    )


def frequency_case(name, source, layer, fields, sums, note):
    rows = []
    for key, members in groups(frame(layer), fields):
        row = {field: plain(value) for field, value in zip(fields, key, strict=True)}
        row["FREQUENCY"] = len(members)
        row |= {field: plain(members[field].sum(min_count=1)) for field in sums}
        rows.append((row, None))
    parameters = {"Input_Table": source, "Frequency_Fields": fields, "Summary_Fields": sums}
    return case("Frequency", name, parameters, rows, note=note)


def frequency_cases():
    countries, hexagons, counties = load(COUNTRIES), load(HEXAGONS), load(COUNTIES)
    gaps = with_nulls()
    layer = type(countries)(gaps)
    yield frequency_case(
        "continents", file(COUNTRIES), countries, ["CONTINENT"], ["POP_EST", "GDP_MUSD"], "one field, two sums"
    )
    yield frequency_case("hexagon_classes", file(HEXAGONS), hexagons, ["CLASS"], [], "numbers, no sums")
    yield frequency_case("states", file(COUNTIES), counties, ["STATE"], ["ALAND"], "areas of counties")
    yield frequency_case("nulls", gaps, layer, ["KIND", "N"], ["V"], "null is a value; a sum of nulls is null")


def join_case(name, left, right, on, fields, note):
    """`left`, `right`: (parameter value, layer). The first of equal keys counts."""
    (left_value, left_layer), (right_value, right_layer) = left, right
    left_key, right_key = on
    table = frame(right_layer).dropna(subset=[right_key]).drop_duplicates(right_key)
    right = pandas.DataFrame({"_key": table[right_key], **{f"_{field}": table[field] for field in fields}})
    left = frame(left_layer)
    if pandas.api.types.is_numeric_dtype(left[left_key]):
        left[left_key] = left[left_key].astype(float)
    merged = left.merge(right, how="left", left_on=left_key, right_on="_key")
    taken = set(left_layer.attributes[0])
    rows = []
    for _, merged_row in merged.iterrows():
        row = {"OBJECTID": plain(merged_row["OBJECTID"])}
        for field in fields:
            row[f"{field}_1" if field in taken else field] = plain(merged_row[f"_{field}"])
        rows.append((row, None))
    parameters = {
        "Input_Table": left_value,
        "Input_Join_Field": left_key,
        "Join_Table": right_value,
        "Join_Table_Field": right_key,
        "Transfer_Fields": fields,
    }
    return case("JoinField", name, parameters, rows, note=note)


def join_cases():
    countries, hexagons = load(COUNTRIES), load(HEXAGONS)
    cities = load("examples/cities.json")
    kind = type(countries)
    continents = inline(
        "Point",
        4326,
        {"NAME": "String", "CODE": "Integer", "CLASS": "Double"},
        [
            ({"NAME": name, "CODE": code, "CLASS": value}, None)
            for name, code, value in [
                ("Africa", 1, 1.0),
                ("Asia", 2, 2.0),
                ("africa", 3, 4.0),
                ("Africa", 4, 1.0),
                ("Europe ", 5, 2.5),
                (None, 6, None),
                ("Oceania", None, 0.0),
            ]
        ],
    )
    table = (continents, kind(continents))
    named = (file(COUNTRIES), countries)
    yield join_case(
        "countries_by_continent",
        named,
        table,
        ("CONTINENT", "NAME"),
        ["CODE", "NAME"],
        "text with regard to case and blanks",
    )
    yield join_case(
        "whole_numbers_by_doubles", (file(HEXAGONS), hexagons), table, ("CLASS", "CLASS"), ["CODE"], "1 is 1.0"
    )
    yield join_case(
        "cities_by_countries", (file("examples/cities.json"), cities), named, ("CITY", "NAME"), ["POP_EST"], "few match"
    )
    gaps = with_nulls()
    yield join_case("nulls", (gaps, kind(gaps)), table, ("KIND", "NAME"), ["CODE"], "null does not match null")


def sqlite_values(layer, expression):
    database = sqlite3.connect(":memory:")
    names = list(layer.attributes[0])
    database.execute(f"CREATE TABLE layer ({', '.join(names)})")
    values = [[row[name] for name in names] for row in layer.attributes]
    database.executemany(f"INSERT INTO layer VALUES ({', '.join('?' * len(names))})", values)
    return database.execute(f"SELECT OBJECTID, {expression} FROM layer").fetchall()


def calculate_cases():
    countries = load(COUNTRIES)
    # Name: type, the expression, and what SQLite calls it where that differs.
    expressions = {
        "arithmetic": ("DOUBLE", "GDP_MUSD * 1000000.0 / (POP_EST + 1) - 2", None),
        "names_of_python": ("DOUBLE", "!GDP_MUSD! / 2.5 + !POP_EST!", "GDP_MUSD / 2.5 + POP_EST"),
        "names_of_arcade": ("DOUBLE", "$feature.GDP_MUSD * -1", "GDP_MUSD * -1"),
        "text": ("TEXT", "UPPER(ISO_A3) || ': ' || NAME", None),
        "substring": ("TEXT", "SUBSTRING(NAME FROM 2 FOR 3)", "SUBSTR(NAME, 2, 3)"),
        "length": ("LONG", "CHAR_LENGTH(NAME)", "LENGTH(NAME)"),
        "choice": (
            "TEXT",
            "CASE WHEN POP_EST > 100000000 THEN 'large' WHEN POP_EST > 5000000 THEN 'middle' ELSE 'small' END",
            None,
        ),
        "coalesce": ("TEXT", "COALESCE(NULLIF(CONTINENT, 'Asia'), ISO_A3)", None),
        "rounded": ("LONG", "GDP_MUSD / 1000.0", "CAST(ROUND(GDP_MUSD / 1000.0) AS INTEGER)"),
        "condition": ("SHORT", "CASE WHEN CONTINENT IN ('Asia', 'Europe') THEN 1 ELSE 0 END", None),
        "too_large": (
            "SHORT",
            "POP_EST / 1000",
            "IIF(ROUND(POP_EST / 1000.0) > 32767, NULL, CAST(ROUND(POP_EST / 1000.0) AS INTEGER))",
        ),
    }
    for name, (field_type, expression, sqlite) in expressions.items():
        values = sqlite_values(countries, sqlite or expression)
        rows = [({"OBJECTID": number, "RESULT": value}, None) for number, value in values]
        yield case(
            "CalculateField",
            name,
            {
                "Input_Table": file(COUNTRIES),
                "Field_Name": "RESULT",
                "Expression": expression,
                "Field_Type": field_type,
            },
            rows,
            note="a new field",
        )
    rows = [({"OBJECTID": row["OBJECTID"], "GDP_MUSD": row["POP_EST"] / 4}, None) for row in countries.attributes]
    yield case(
        "CalculateField",
        "field_that_is_there",
        {"Input_Table": file(COUNTRIES), "Field_Name": "gdp_musd", "Expression": "POP_EST / 4.0"},
        rows,
        note="its type stays, whatever the default type is",
    )
    yield case(
        "CalculateField",
        "keeps_null_geometry",
        {"Input_Table": file(NASTY + "null_geometry.json"), "Field_Name": "A", "Expression": "'x' || NAME"},
        [({"NAME": "null", "A": "xnull"}, "null")]
        + [
            ({"NAME": row["NAME"], "A": "x" + row["NAME"]}, shape)
            for row, shape in load(NASTY + "null_geometry.json").rows()
        ],
        note="a row without geometry is a row",
    )


def cases():
    return [*statistics_cases(), *frequency_cases(), *join_cases(), *calculate_cases()]
