"""Generate Near Table and Point Distance: planar by GEOS, on the ellipsoid by GeographicLib."""

import math

import shapely

from case import case, file
from esri import Layer, load, subset
from overlay_cases import grid_lines
from proximity_cases import ALBERS, CITIES, HEXAGONS, NASTY, centres, ends, geodesic_distance, oid, ranked


def table_rows(layer, near, count, limit=math.inf, distance=shapely.distance, location=True):
    rows = []
    for attributes, geometry in layer.rows():
        for rank, (apart, near_oid, other) in enumerate(ranked(geometry, near, limit, distance)[:count], 1):
            row = {"IN_FID": oid(attributes), "NEAR_FID": near_oid, "NEAR_DIST": apart, "NEAR_RANK": rank}
            if location and apart > 0:
                start, end = ends(geometry, other)
                row |= {"FROM_X": start[0], "FROM_Y": start[1], "NEAR_X": end[0], "NEAR_Y": end[1]}
            rows.append((row, None))
    return rows


def table_cases():
    counties, hexagons, cities = load(ALBERS), load(HEXAGONS), load(CITIES)
    points = centres(counties, "GEOID")
    yield case(
        "GenerateNearTable",
        "points_hexagons",
        {
            "Input_Features": points,
            "Near_Features": [file(HEXAGONS)],
            "Closest": "ALL",
            "Closest_Count": 4,
            "Location": "LOCATION",
        },
        table_rows(Layer(points), hexagons, 4),
        note="the hexagon around each point, then its neighbours",
    )
    lines = grid_lines()
    chosen = subset(hexagons, lambda row: oid(row) % 4 == 0)
    yield case(
        "GenerateNearTable",
        "lines_hexagons_radius",
        {
            "Input_Features": lines,
            "Near_Features": [chosen],
            "Closest": "ALL",
            "Search_Radius": {"distance": 8, "units": "esriKilometers"},
        },
        table_rows(Layer(lines), Layer(chosen), None, 8_000, location=False),
        note="all within a radius, those that are cut first",
    )
    some = subset(cities, lambda row: oid(row) % 3 == 0)
    yield case(
        "GenerateNearTable",
        "cities_geodesic",
        {"Input_Features": some, "Near_Features": [file(CITIES)], "Closest": "ALL", "Closest_Count": 3},
        table_rows(Layer(some), cities, 3, distance=geodesic_distance, location=False),
        note="three on the ellipsoid, the city itself first: the layers differ",
    )
    files = [f"{NASTY}{name}.json" for name in ("square", "spike")]
    squares = [load(name) for name in files]
    bowtie = load(f"{NASTY}bowtie.json")
    both = [(shapely.distance(g, o), n, r) for _, g in bowtie.rows() for n, s in enumerate(squares) for r, o in s.rows()]
    names = ("Near_Features", "Near_Features_1")
    yield case(
        "GenerateNearTable",
        "nasty_layers",
        {
            "Input_Features": file(f"{NASTY}bowtie.json"),
            "Near_Features": [file(name) for name in files],
            "Closest": "ALL",
        },
        [({"NEAR_FC": names[n], "NEAR_FID": oid(row), "NEAR_DIST": apart}, None) for apart, n, row in both],
        note="two layers, repaired",
    )


def pairs(layer, near, limit, distance, is_self):
    rows = []
    for attributes, geometry in layer.rows():
        for row, other in near.rows():
            apart = distance(geometry, other)
            if apart <= limit and not (is_self and row["OBJECTID"] == attributes["OBJECTID"]):
                rows.append(({"INPUT_FID": oid(attributes), "NEAR_FID": oid(row), "DISTANCE": apart}, None))
    return rows


def point_distance_cases():
    hexagons, counties, cities = load(HEXAGONS), load(ALBERS), load(CITIES)
    points, others = centres(counties, "GEOID"), centres(hexagons, "ZONE")
    yield case(
        "PointDistance",
        "centres",
        {
            "Input_Features": points,
            "Near_Features": others,
            "Search_Radius": {"distance": 20, "units": "esriKilometers"},
        },
        pairs(Layer(points), Layer(others), 20_000, shapely.distance, is_self=False),
        note="all pairs within 20 km",
    )
    yield case(
        "PointDistance",
        "cities",
        {
            "Input_Features": file(CITIES),
            "Near_Features": file(CITIES),
            "Search_Radius": {"distance": 300, "units": "esriKilometers"},
        },
        pairs(cities, cities, 300_000, geodesic_distance, is_self=True),
        note="a layer with itself, on the ellipsoid",
    )
    for name in ("coincident_points", "multipoint", "nan_point", "antimeridian_point"):
        layer = load(f"{NASTY}{name}.json")
        distance = geodesic_distance if layer.wkid == 4326 else shapely.distance
        yield case(
            "PointDistance",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json"), "Near_Features": file(f"{NASTY}{name}.json")},
            pairs(layer, layer, math.inf, distance, is_self=True),
            note="with itself",
        )


def cases():
    return [*table_cases(), *point_distance_cases()]
