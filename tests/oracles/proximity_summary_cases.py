"""Summarize Nearby by GEOS and numpy; on the ellipsoid, which points are near by GeographicLib."""

import shapely

from case import EXACT, case, file, inline
from esri import Layer, load, subset
from overlay_cases import grid_lines
from proximity_cases import ALBERS, CITIES, HEXAGONS, NASTY, centres, geodesic_distance
from summary_cases import group_parameters, tables

# The tool's circle is a polygon of 64 sides whose vertices lie where those of GEOS lie.
SIDES = 16
# That polygon lies up to 0.12 % of the distance inside the circle: nothing may lie there.
CIRCLE_RATIO = 1.5e-3


def areas_around(layer, distances, unit_m=1):
    """(attributes, area), those around a feature in the order of the distances."""
    return [
        (row | {"BUFF_DIST": distance}, shapely.buffer(geometry, distance * unit_m, quad_segs=SIDES))
        for row, geometry in layer.rows()
        for distance in distances
    ]


def with_areas(rows, areas):
    """The rows with the areas as their geometry."""
    return [(row, area) for (row, _), (_, area) in zip(rows, areas, strict=True)]


def polygon_cases():
    hexagons, counties = load(HEXAGONS), load(ALBERS)
    points = centres(hexagons, "ZONE", lambda row: row["OBJECTID"] % 9 == 0)
    areas = areas_around(Layer(points), [8, 25], 1_000)
    entries = ["ALAND SUM", "ALAND MEAN", "ALAND MAX", "ALAND STDDEV"]
    unit = ("sum_Area_HECTARES", 10_000)
    keys = ["ZONE", "BUFF_DIST"]
    rows, _ = tables(areas, counties.rows(), entries, keys=keys, size=lambda shape: shape.area, unit=unit)
    yield case(
        "SummarizeNearby",
        "points_counties",
        {
            "Input_Features": points,
            "Input_Summary_Features": file(ALBERS),
            "Distances": [8, 25],
            "Distance_Units": "Kilometers",
            "Shape_Unit": "HECTARES",
            "Summary_Fields": entries,
        },
        with_areas(rows, areas),
        note="areas, sums by the share of each county, means by the area inside",
        tolerance=EXACT,
    )


def line_cases():
    counties, lines = load(ALBERS), grid_lines()
    lines = {**lines, "fields": [*lines["fields"], {"name": "CARS", "type": "esriFieldTypeInteger"}]}
    for number, feature in enumerate(lines["features"]):
        feature["attributes"]["CARS"] = 100 * number if number != 3 else None
    points = centres(counties, "GEOID")
    areas = areas_around(Layer(points), [30_000])
    entries = ["CARS SUM", "CARS MEAN", "CARS MAX", "CARS STDDEV"]
    unit = ("sum_Length_MILES", 5280 * 1200 / 3937)
    keys = ["GEOID", "BUFF_DIST"]
    rows, _ = tables(areas, Layer(lines).rows(), entries, keys=keys, size=lambda shape: shape.length, unit=unit)
    yield case(
        "SummarizeNearby",
        "points_lines",
        {
            "Input_Features": points,
            "Input_Summary_Features": lines,
            "Distances": [30_000],
            "Shape_Unit": "MILES",
            "Summary_Fields": entries,
        },
        with_areas(rows, areas),
        note="lengths, sums by the share of each line, means by the length inside; a null takes no part",
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
    areas = areas_around(counties, [5_000, 12_000])
    shapes = [point for _, point in Layer(points).rows()]
    assert all(shapely.distance(point, area.boundary) > 20 for _, area in areas for point in shapes), "too near to tell"
    entries = ["SIZE SUM", "SIZE MEAN", "SIZE MAX", "SIZE STDDEV"]
    rows, groups = tables(areas, Layer(points).rows(), entries, keys=["GEOID", "BUFF_DIST"], group="CLASS")
    parameters = {
        "Input_Features": file(ALBERS),
        "Input_Summary_Features": points,
        "Distances": [5_000, 12_000],
        "Summary_Fields": entries,
        **group_parameters("CLASS"),
    }
    note = "points around polygons, by class"
    yield case("SummarizeNearby", "counties_points", parameters, rows, note=note)
    yield case(
        "SummarizeNearby", "counties_points_groups", parameters, groups, note=note, output="Output_Grouped_Table"
    )


def geodesic_cases():
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
            "Input_Summary_Features": file(CITIES),
            "Distances": [300_000, 1_000_000],
            "Distance_Units": "Meters",
        },
        rows,
        note="on the ellipsoid; cities with another one close to the circle are left out",
    )


def nasty_cases():
    points = inline("Point", 5070, {"NAME": "String"}, [({"NAME": f"{x}"}, {"x": x, "y": 12}) for x in (-40, 3, 60)])
    areas = areas_around(Layer(points), [45])
    measures = [None, lambda shape: shape.length, lambda shape: shape.area]
    for name in ("bowtie", "overlapping_parts", "hole_touches_shell", "self_crossing_line", "coincident_points", "zero_area"):
        layer = load(f"{NASTY}{name}.json")
        shapes = [(row, shape if shape is not None else shapely.Polygon()) for row, shape in layer.rows()]
        size = measures[shapely.get_dimensions(shapes[0][1])]
        rows, _ = tables(areas, shapes, [], keys=["NAME", "BUFF_DIST"], size=size)
        yield case(
            "SummarizeNearby",
            f"nasty_{name}",
            {"Input_Features": points, "Input_Summary_Features": file(f"{NASTY}{name}.json"), "Distances": [45]},
            with_areas(rows, areas),
            note="repaired first",
        )


def cases():
    return [*polygon_cases(), *line_cases(), *point_cases(), *geodesic_cases(), *nasty_cases()]
