"""Spatial Join by GEOS and GeographicLib, Project by PROJ, Select by SQLite."""

import sqlite3

import shapely

from case import EXACT, case, file
from esri import WGS84, Layer, load, project

ALBERS = "tests/data/counties_albers.json"
HEXAGONS = "tests/data/hexagons_albers.json"
COUNTIES = "tests/data/counties.json"
COUNTRIES = "examples/countries.json"
CITIES = "examples/cities.json"
NASTY = "tests/data/nasty/"


def matches(target, join, related):
    """(target attributes, [attributes of the related join rows])."""
    return [
        (row, [other for other, shape in join.rows() if related(geometry, shape)]) for row, geometry in target.rows()
    ]


def counted(pairs, key, keep_all):
    return [({key: row[key], "Join_Count": len(found)}, None) for row, found in pairs if found or keep_all]


def join_case(name, target, join, option, pairs, keys, note, **more):
    """One-to-one with all rows, one-to-one with the matched, and one-to-many."""
    target_key, join_key = keys
    base = {"Target_Features": file(target), "Join_Features": file(join), "Match_Option": option, **more}
    yield case(
        "SpatialJoin",
        f"{name}_keep_all",
        {**base, "Join_Operation": "JOIN_ONE_TO_ONE", "Join_Type": "KEEP_ALL"},
        counted(pairs, target_key, keep_all=True),
        note=note,
    )
    yield case(
        "SpatialJoin",
        f"{name}_keep_common",
        {**base, "Join_Operation": "JOIN_ONE_TO_ONE", "Join_Type": "KEEP_COMMON"},
        counted(pairs, target_key, keep_all=False),
        note=note,
    )
    if join_key:
        many = [
            ({target_key: row[target_key], join_key: other[join_key]}, None) for row, found in pairs for other in found
        ]
        yield case(
            "SpatialJoin",
            f"{name}_one_to_many",
            {**base, "Join_Operation": "JOIN_ONE_TO_MANY", "Join_Type": "KEEP_COMMON"},
            many,
            note=note,
        )


def join_cases():
    countries, cities = load(COUNTRIES), load(CITIES)
    counties, hexagons = load(ALBERS), load(HEXAGONS)
    yield from join_case(
        "countries_intersect_cities",
        COUNTRIES,
        CITIES,
        "INTERSECT",
        matches(countries, cities, shapely.intersects),
        ("ISO_A3", "CITY"),
        "points in polygons",
    )
    yield from join_case(
        "cities_within_countries",
        CITIES,
        COUNTRIES,
        "WITHIN",
        matches(cities, countries, shapely.within),
        ("CITY", "ISO_A3"),
        "polygons around points",
    )
    yield from join_case(
        "counties_contain_hexagons",
        ALBERS,
        HEXAGONS,
        "CONTAINS",
        matches(counties, hexagons, shapely.contains),
        ("GEOID", "ZONE"),
        "whole hexagons inside a county",
    )
    yield from join_case(
        "counties_touch_counties",
        ALBERS,
        ALBERS,
        "INTERSECT",
        matches(counties, counties, shapely.intersects),
        ("GEOID", None),
        "neighbours share a border exactly; every county meets itself",
    )
    yield from join_case(
        "counties_near_counties",
        ALBERS,
        ALBERS,
        "WITHIN_A_DISTANCE",
        matches(counties, counties, lambda a, b: shapely.dwithin(a, b, 20_000.0)),
        ("GEOID", None),
        "20 km between the outlines",
        Search_Radius={"distance": 20, "units": "esriKilometers"},
    )
    yield from join_case(
        "cities_near_cities",
        CITIES,
        CITIES,
        "WITHIN_A_DISTANCE",
        matches(cities, cities, lambda a, b: WGS84.Inverse(a.y, a.x, b.y, b.x)["s12"] <= 300_000.0),
        ("CITY", None),
        "300 km on the ellipsoid",
        Search_Radius={"distance": 300, "units": "esriKilometers"},
    )
    centres = [geometry.representative_point() for _, geometry in hexagons.rows()]
    nearest = []
    for row, geometry in counties.rows():
        distances = [shapely.distance(geometry.representative_point(), centre) for centre in centres]
        nearest.append((row, hexagons.attributes[distances.index(min(distances))]))
    points = centre_points(counties), centre_points(hexagons)
    yield case(
        "SpatialJoin",
        "closest",
        {"Target_Features": points[0], "Join_Features": points[1], "Match_Option": "CLOSEST"},
        [({"GEOID": row["GEOID"], "ZONE": other["ZONE"], "Join_Count": 1}, None) for row, other in nearest],
        note="the nearest of the centres",
    )


def centre_points(layer):
    """The rows with a point inside each polygon."""
    points = [geometry.representative_point() for _, geometry in layer.rows()]
    features = [
        {"attributes": attributes, "geometry": {"x": point.x, "y": point.y}}
        for attributes, point in zip(layer.attributes, points, strict=True)
    ]
    return {**layer.json, "geometryType": "esriGeometryPoint", "features": features}


def project_cases():
    cities = load(CITIES)
    everywhere = [3857, 3395, 6933, 54030, 54009]
    for wkid in everywhere:
        yield case(
            "Project",
            f"cities_{wkid}",
            {"Input_Features": file(CITIES), "Output_Coordinate_System": {"wkid": wkid}},
            [({"CITY": row["CITY"]}, project(point, 4326, wkid)) for row, point in cities.rows()],
            note="world-wide projections of points",
            tolerance={"distance": 0.01},
        )
    europe = Layer(
        {
            **cities.json,
            "features": [
                f for f in cities.json["features"] if -8 < f["geometry"]["x"] < 25 and 37 < f["geometry"]["y"] < 60
            ],
        }
    )
    for wkid in (3035, 32632, 25832):
        yield case(
            "Project",
            f"europe_{wkid}",
            {"Input_Features": europe.json, "Output_Coordinate_System": {"wkid": wkid}},
            [({"CITY": row["CITY"]}, project(point, 4326, wkid)) for row, point in europe.rows()],
            note="ETRS89 and WGS84 are taken as one, as PROJ does without a time",
            tolerance={"distance": 0.01},
        )
    layers = {"counties": COUNTIES, "albers": ALBERS}
    for name, wkid, distance in (
        ("counties", 5070, 0.01),
        ("albers", 26986, 0.01),
        ("albers", 26919, 0.01),
        ("albers", 4269, 1e-7),
    ):
        layer = load(layers[name])
        yield case(
            "Project",
            f"{name}_{wkid}",
            {"Input_Features": file(layers[name]), "Output_Coordinate_System": {"wkid": wkid}},
            [({"GEOID": row["GEOID"]}, project(shape, layer.wkid, wkid)) for row, shape in layer.rows()],
            note="polygons within the datum, vertex by vertex",
            tolerance=EXACT | {"distance": distance},
        )


def sqlite_rows(layer, where):
    """The rows that please the clause, by SQLite with LIKE made case-sensitive."""
    database = sqlite3.connect(":memory:")
    database.execute("PRAGMA case_sensitive_like = ON")
    names = list(layer.attributes[0])
    columns = ", ".join(f'"{name}"' for name in names)
    database.execute(f"CREATE TABLE layer ({columns})")
    marks = ", ".join("?" * len(names))
    values = [[row[name] for name in names] for row in layer.attributes]
    database.executemany(f"INSERT INTO layer VALUES ({marks})", values)
    chosen = database.execute(f"SELECT OBJECTID FROM layer WHERE {where} ORDER BY OBJECTID")
    return {row[0] for row in chosen}


def select_cases():
    clauses = {
        "equal": "CONTINENT = 'Africa'",
        "not_equal": "CONTINENT <> 'Africa'",
        "and_or": "CONTINENT = 'Asia' AND POP_EST > 50000000 OR CONTINENT = 'Oceania'",
        "not": "NOT (CONTINENT = 'Asia' OR POP_EST < 100000000)",
        "in": "ISO_A3 IN ('FRA', 'DEU', 'CHE', 'XXX')",
        "not_in": "CONTINENT NOT IN ('Africa', 'Asia', 'Europe')",
        "between": "POP_EST BETWEEN 1000000 AND 5000000",
        "like": "NAME LIKE 'S%an_'",
        "not_like": "NAME NOT LIKE '%a%'",
        "quote": "NAME = 'Côte d''Ivoire'",
        "arithmetic": "GDP_MUSD * 1000000 / POP_EST > 40000",
        "functions": "UPPER(NAME) LIKE 'UNITED%' OR CHAR_LENGTH(NAME) = 4",
        "is_null": "NAME IS NULL",
        "is_not_null": "NAME IS NOT NULL AND POP_EST < 300000",
        "nothing": "1 = 0",
        "everything": "1 = 1",
    }
    countries = load(COUNTRIES)
    for name, where in clauses.items():
        chosen = sqlite_rows(countries, where.replace("CHAR_LENGTH", "LENGTH"))
        rows = [
            ({"ISO_A3": row["ISO_A3"], "NAME": row["NAME"]}, shape)
            for row, shape in countries.rows()
            if row["OBJECTID"] in chosen
        ]
        yield case(
            "Select",
            name,
            {"Input_Features": file(COUNTRIES), "Where_Clause": where},
            rows,
            note="text is compared with regard to case",
            tolerance=EXACT | {"area_ratio": 1e-9},
        )
    yield case(
        "Select",
        "keeps_null_geometry",
        {"Input_Features": file(NASTY + "null_geometry.json"), "Where_Clause": "NAME = 'null'"},
        [({"NAME": "null"}, "null")],
        note="a row without geometry is a row",
    )


def cases():
    return [*join_cases(), *project_cases(), *select_cases()]
