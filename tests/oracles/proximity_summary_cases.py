"""Summarize Nearby by GEOS; on the ellipsoid, which points are near by GeographicLib."""

import math

import shapely

from case import EXACT, case, file, inline
from esri import Layer, load, subset
from overlay_cases import grid_lines
from proximity_cases import ALBERS, CITIES, HEXAGONS, NASTY, centres, geodesic_distance

# The tool's circle is a polygon of 64 sides whose vertices lie where those of GEOS lie.
SIDES = 16
# That polygon lies up to 0.12 % of the distance inside the circle: nothing may lie there.
CIRCLE_RATIO = 1.5e-3


def weighted(pairs):
    """Sum, mean, greatest value and deviation of (value, share)."""
    if not pairs:
        return {"SUM": None, "MEAN": None, "MAX": None, "STD": None}
    total = math.fsum(share for _, share in pairs)
    mean = math.fsum(value * share for value, share in pairs) / total
    squares = math.fsum(share * (value - mean) ** 2 for value, share in pairs)
    count = len(pairs)
    deviation = math.sqrt(squares / ((count - 1) / count * total)) if count > 1 else None
    return {"SUM": mean * total, "MEAN": mean, "MAX": max(value for value, _ in pairs), "STD": deviation}


def size(geometry):
    return (len(shapely.get_parts(geometry)), geometry.length, geometry.area)[shapely.get_dimensions(geometry)]


def parts_within(area, layer):
    """(attributes, share, size) of what lies within."""
    found = []
    for attributes, geometry in layer.rows():
        dimension = shapely.get_dimensions(geometry)
        inside = shapely.intersection(area, geometry)
        parts = [part for part in shapely.get_parts(inside) if not part.is_empty]
        inside = [part for part in parts if shapely.get_dimensions(part) == dimension]
        amount = math.fsum(size(part) for part in inside)
        if amount > 0:
            found.append((attributes, amount / size(geometry), amount))
    return found


def areas_around(layer, distances):
    return [
        (row, distance, shapely.buffer(geometry, distance, quad_segs=SIDES))
        for row, geometry in layer.rows()
        for distance in distances
    ]


def statistics_of(found, field):
    return {f"{kind}_{field}": value for kind, value in weighted([(row[field], share) for row, share, _ in found]).items()}


def polygon_cases():
    hexagons, counties = load(HEXAGONS), load(ALBERS)
    points = centres(hexagons, "ZONE", lambda row: row["OBJECTID"] % 9 == 0)
    rows = []
    for row, distance, area in areas_around(Layer(points), [8_000, 25_000]):
        found = parts_within(area, counties)
        key = {"ZONE": row["ZONE"], "BUFF_DIST": distance / 1_000, "Polygon_Count": len(found)}
        key |= {"sum_Area_HECTARES": math.fsum(amount for _, _, amount in found) / 10_000}
        rows.append((key | statistics_of(found, "ALAND"), area))
    yield case(
        "SummarizeNearby",
        "points_counties",
        {
            "Input_Features": points,
            "Summary_Features": file(ALBERS),
            "Distances": [8, 25],
            "Distance_Unit": "Kilometers",
            "Shape_Unit": "HECTARES",
            "Statistics_Fields": "ALAND SUM;ALAND MEAN;ALAND MAX;ALAND STD",
        },
        rows,
        note="areas and statistics weighted by the share of each county",
        tolerance=EXACT,
    )


def line_cases():
    counties, lines = load(ALBERS), grid_lines()
    lines = {**lines, "fields": [*lines["fields"], {"name": "CARS", "type": "esriFieldTypeInteger"}]}
    for number, feature in enumerate(lines["features"]):
        feature["attributes"]["CARS"] = 100 * number if number != 3 else None
    points = centres(counties, "GEOID")
    rows = []
    for row, distance, area in areas_around(Layer(points), [30_000]):
        found = parts_within(area, Layer(lines))
        key = {"GEOID": row["GEOID"], "BUFF_DIST": distance, "Polyline_Count": len(found)}
        key |= {"sum_Length_MILES": math.fsum(amount for _, _, amount in found) / 1609.344}
        rows.append((key | statistics_of([item for item in found if item[0]["CARS"] is not None], "CARS"), area))
    yield case(
        "SummarizeNearby",
        "points_lines",
        {
            "Input_Features": points,
            "Summary_Features": lines,
            "Distances": [30_000],
            "Shape_Unit": "MILES",
            "Statistics_Fields": "CARS SUM;CARS MEAN;CARS MAX;CARS STD",
        },
        rows,
        note="lengths and statistics weighted by the share of each line; a null takes no part",
        tolerance=EXACT,
    )


def point_cases():
    counties, hexagons = load(ALBERS), load(HEXAGONS)
    classes = [row["CLASS"] for row, _ in hexagons.rows()]
    points = centres(hexagons, "ZONE")
    rows = [
        ({"CLASS": value, "SIZE": number % 17}, feature["geometry"])
        for number, (value, feature) in enumerate(zip(classes, points["features"], strict=True))
    ]
    kind = "String" if isinstance(classes[0], str) else "Integer"
    points = inline("Point", 5070, {"CLASS": kind, "SIZE": "Integer"}, rows)
    areas, groups = [], []
    for number, (row, distance, area) in enumerate(areas_around(counties, [5_000, 12_000]), 1):
        found = parts_within(area, Layer(points))
        assert all(abs(shapely.distance(g, area.boundary)) > 20 for _, g in Layer(points).rows()), "too near to tell"
        sums = {"Point_Count": len(found), **statistics_of(found, "SIZE")}
        areas.append(({"GEOID": row["GEOID"], "BUFF_DIST": distance, "Join_ID": number, **sums}, None))
        for value in sorted({row["CLASS"] for row, _, _ in found}):
            members = [item for item in found if item[0]["CLASS"] == value]
            sums = {"Point_Count": len(members), **statistics_of(members, "SIZE")}
            groups.append(({"Join_ID": number, "CLASS": value, **sums}, None))
    parameters = {
        "Input_Features": file(ALBERS),
        "Summary_Features": points,
        "Distances": [5_000, 12_000],
        "Statistics_Fields": "SIZE SUM;SIZE MEAN;SIZE MAX;SIZE STD",
        "Group_Field": "CLASS",
    }
    note = "points around polygons, by class"
    yield case("SummarizeNearby", "counties_points", parameters, areas, note=note)
    yield case(
        "SummarizeNearby", "counties_points_groups", parameters, groups, note=note, output="Output_Grouped_Table"
    )
    cities = load(CITIES)
    rows = []
    for row, point in cities.rows():
        distances = [geodesic_distance(point, other) for _, other in cities.rows()]
        apart = min(abs(distance / limit - 1) for distance in distances for limit in (300_000, 1_000_000))
        if row["OBJECTID"] % 3 == 0 and apart > CIRCLE_RATIO:
            for limit in (300_000, 1_000_000):
                count = sum(distance <= limit for distance in distances)
                rows.append(({"CITY": row["CITY"], "BUFF_DIST": limit, "Point_Count": count}, None))
    chosen = {key["CITY"] for key, _ in rows}
    some = subset(cities, lambda row: row["CITY"] in chosen)
    yield case(
        "SummarizeNearby",
        "cities_geodesic",
        {
            "Input_Features": some,
            "Summary_Features": file(CITIES),
            "Distances": [300_000, 1_000_000],
            "Distance_Unit": "Meters",
        },
        rows,
        note="on the ellipsoid; cities with another one close to the circle are left out",
    )


def nasty_cases():
    points = inline("Point", 5070, {"NAME": "String"}, [({"NAME": f"{x}"}, {"x": x, "y": 12}) for x in (-40, 3, 60)])
    for name in ("bowtie", "overlapping_parts", "hole_touches_shell", "self_crossing_line", "coincident_points", "zero_area"):
        layer = load(f"{NASTY}{name}.json")
        rows = []
        for row, distance, area in areas_around(Layer(points), [45]):
            found = parts_within(area, layer)
            rows.append(({"NAME": row["NAME"], "BUFF_DIST": distance, f"{kind_of(layer)}_Count": len(found)}, area))
        yield case(
            "SummarizeNearby",
            f"nasty_{name}",
            {"Input_Features": points, "Summary_Features": file(f"{NASTY}{name}.json"), "Distances": [45]},
            rows,
            note="repaired first",
        )


def kind_of(layer):
    return layer.json["geometryType"].removeprefix("esriGeometry")


def cases():
    return [*polygon_cases(), *line_cases(), *point_cases(), *nasty_cases()]
