"""Summarize Within by GEOS, numpy and GeographicLib."""

import math

import numpy
import shapely

from case import case, file, inline
from esri import Layer, geodesic_area, geodesic_length, load, project, subset

ALBERS = "tests/data/counties_albers.json"
HEXAGONS = "tests/data/hexagons_albers.json"
COUNTIES = "tests/data/counties.json"
COUNTRIES = "examples/countries.json"
CITIES = "examples/cities.json"
NASTY = "tests/data/nasty/"
# By the dimension of the features: the column of the count, and that of a group's share.
COUNTS = ["Point_Count", "Polyline_Count", "Polygon_Count"]
PERCENTS = ["PercentCount", "PercentLength", "PercentArea"]


def pieces(area, features, size):
    """(row, amount, share) of what lies within the area; `size` measures lines and polygons."""
    found = []
    for row, shape in features:
        dimension = shapely.get_dimensions(shape)
        if not shapely.intersects(area, shape):
            continue
        if dimension == 0:
            inside = sum(shapely.intersects(area, point) for point in shapely.get_parts(shape))
            found.append((row, inside, inside / len(shapely.get_parts(shape))))
            continue
        cut = shapely.intersection(area, shape)
        parts = [part for part in shapely.get_parts(cut) if shapely.get_dimensions(part) == dimension]
        inside = math.fsum(size(part) for part in parts)
        if inside > 0:
            found.append((row, inside, inside / size(shape)))
    return found


def statistics(found, entries):
    """Sums by share, means and deviations by weight, of values that are not null."""
    row = {}
    for entry in entries:
        field, statistic = entry.split()
        known = [(piece[0][field], piece[1], piece[2]) for piece in found if piece[0][field] is not None]
        name = f"{statistic.lower()}_{field}"
        row[name] = None
        if not known:
            continue
        values, weights, shares = (numpy.array(column, dtype=float) for column in zip(*known, strict=True))
        mean = numpy.average(values, weights=weights)
        if statistic == "STDDEV":
            if len(values) > 1:
                scale = weights.sum() * (len(values) - 1) / len(values)
                row[name] = math.sqrt((weights * (values - mean) ** 2).sum() / scale)
            continue
        results = {"SUM": math.fsum(values * shares), "MEAN": mean, "MIN": values.min(), "MAX": values.max()}
        row[name] = float(results[statistic])
    return row


def figures(found, entries, dimension, amount):
    row = statistics(found, entries)
    total = math.fsum(piece[1] for piece in found)
    if amount:
        row[amount[0]] = total / amount[1]
    row[COUNTS[dimension]] = round(total) if dimension == 0 else len(found)
    return row


def tables(areas, features, entries, *, keys, size=None, unit=None, group=None, keep=True):
    """The rows of the areas, and those of the table of groups. `areas` and `features` are pairs of attributes and shape."""
    dimension = shapely.get_dimensions(features[0][1])
    rows, table = [], []
    for attributes, area in areas:
        found = pieces(area, features, size)
        if not found and not keep:
            continue
        row = {key: attributes[key] for key in keys} | figures(found, entries, dimension, unit)
        if group:
            join_id = len(rows) + 1
            row |= {"Join_ID": join_id}
            total = math.fsum(piece[1] for piece in found)
            values = sorted({piece[0][group] for piece in found}, key=lambda value: (value is not None, value or 0))
            amounts = {}
            for value in values:
                members = [piece for piece in found if piece[0][group] == value]
                amounts[value] = math.fsum(piece[1] for piece in members)
                line = {"Join_ID": join_id, group: value, **figures(members, entries, dimension, unit)}
                line[PERCENTS[dimension]] = 100 * amounts[value] / total
                table.append((line, None))
            for prefix, choose in (("Minority", min), ("Majority", max)):
                value = choose(amounts, key=amounts.get) if amounts else None
                row[f"{prefix}_{group}"] = value
                row[f"{prefix}_{group}_Percent"] = 100 * amounts[value] / total if amounts else None
        rows.append((row, None))
    return rows, table


def group_parameters(group):
    """With all that can be said of groups."""
    return {"Group_Field": group, "Add_Minority_and_Majority": "ADD_MIN_MAJ", "Add_Group_Percents": "ADD_PERCENT"}


def summarize(name, areas, features, entries, *, note, key, size=None, unit=None, group=None, keep=True, more=None):
    """The case of the polygons and, with a group, that of the table. `areas`, `features`: (value, rows)."""
    parameters = {"Input_Polygons": areas[0], "Input_Summary_Features": features[0], "Summary_Fields": entries}
    parameters |= more or {}
    if not keep:
        parameters["Keep_All_Polygons"] = "ONLY_INTERSECTING"
    if group:
        parameters |= group_parameters(group)
    rows, table = tables(
        areas[1], features[1], entries, keys=[key], size=size, unit=unit, group=group, keep=keep
    )
    yield case("SummarizeWithin", name, parameters, rows, note=note)
    if group:
        yield case("SummarizeWithin", f"{name}_table", parameters, table, note=note, output="Output_Grouped_Table")


def centres(layer, fields):
    """A point in each polygon, as a feature set and as rows."""
    rows = []
    for attributes, shape in layer.rows():
        point = shapely.Point(*(round(value, 3) for value in shape.centroid.coords[0]))
        rows.append(({name: attributes[name] for name in fields}, {"x": point.x, "y": point.y}))
    value = inline("Point", layer.wkid, fields, rows)
    return value, Layer(value).rows()


def grid_lines(layer):
    """A net of lines over the polygons, with numbers, some of them null."""
    left, bottom, right, top = (round(v) for v in shapely.union_all(layer.geometries).bounds)
    rows = []
    for k in range(1, 6):
        x, y = left + k * (right - left) // 6, bottom + k * (top - bottom) // 6
        flow = None if k == 3 else k * 1.5
        rows.append(({"FLOW": flow, "KIND": "up"}, {"paths": [[[x, bottom], [x + 5000, top]]]}))
        rows.append(({"FLOW": k * 10.0, "KIND": "across"}, {"paths": [[[left, y], [right, y - 3000]]]}))
    value = inline("Polyline", layer.wkid, {"FLOW": "Double", "KIND": "String"}, rows)
    return value, Layer(value).rows()


def graticule():
    """Squares of ten degrees over Europe, some of them of water."""
    rows = []
    for x in range(-10, 40, 10):
        for y in range(30, 70, 10):
            ring = [[x, y], [x, y + 10], [x + 10, y + 10], [x + 10, y], [x, y]]
            rows.append(({"CELL": f"{x},{y}"}, {"rings": [ring]}))
    value = inline("Polygon", 4326, {"CELL": "String"}, rows)
    return value, Layer(value).rows()


def within_cases():
    counties, hexagons, countries, cities = load(ALBERS), load(HEXAGONS), load(COUNTRIES), load(CITIES)
    numbers = ["CLASS SUM", "CLASS MEAN", "CLASS MIN", "CLASS MAX", "CLASS STDDEV"]
    square_km = ("sum_Area_SQUAREKILOMETERS", 1e6)
    county_rows, hexagon_rows = (file(ALBERS), counties.rows()), (file(HEXAGONS), hexagons.rows())
    yield from summarize(
        "cities_in_countries",
        (file(COUNTRIES), countries.rows()),
        (file(CITIES), cities.rows()),
        ["OBJECTID SUM", "OBJECTID MEAN", "OBJECTID STDDEV"],
        key="ISO_A3",
        note="points, in degrees; countries without a city have nulls",
    )
    yield from summarize(
        "centres_in_counties",
        county_rows,
        centres(hexagons, {"ZONE": "String", "CLASS": "Integer"}),
        numbers,
        key="GEOID",
        group="CLASS",
        note="points with groups, their shares, the rarest and the most frequent",
    )
    yield from summarize(
        "hexagons_in_counties",
        county_rows,
        hexagon_rows,
        numbers,
        key="GEOID",
        size=lambda shape: shape.area,
        unit=square_km,
        group="CLASS",
        note="polygons by their share, means by the area inside",
    )
    yield from summarize(
        "counties_in_hexagons",
        hexagon_rows,
        county_rows,
        ["ALAND SUM", "ALAND MEAN", "ALAND STDDEV"],
        key="ZONE",
        size=lambda shape: shape.area,
        unit=("sum_Area_ACRES", 43_560 * 0.3048**2),
        keep=False,
        more={"Shape_Unit": "ACRES"},
        note="large polygons in small ones; what is empty goes",
    )
    yield from summarize(
        "lines_in_counties",
        county_rows,
        grid_lines(counties),
        ["FLOW SUM", "FLOW MEAN", "FLOW STDDEV", "FLOW MAX"],
        key="GEOID",
        size=lambda shape: shape.length,
        unit=("sum_Length_MILES", 5280 * 1200 / 3937),
        group="KIND",
        more={"Shape_Unit": "MILES"},
        note="lines by the length inside; nulls take no part",
    )
    europe = subset(countries, lambda row: row["CONTINENT"] == "Europe" and row["NAME"] not in ("Russia", "France"))
    yield from summarize(
        "countries_in_graticule",
        graticule(),
        (europe, Layer(europe).rows()),
        ["POP_EST SUM", "POP_EST MEAN"],
        key="CELL",
        size=geodesic_area,
        unit=square_km,
        note="degrees are cut in the plane and measured on the ellipsoid",
    )
    flights = flight_lines(cities)
    yield from summarize(
        "flights_over_countries",
        (europe, Layer(europe).rows()),
        (flights, Layer(flights).rows()),
        ["SEATS SUM", "SEATS MEAN"],
        key="ISO_A3",
        size=geodesic_length,
        unit=("sum_Length_KILOMETERS", 1000),
        note="lines of degrees",
    )
    inland = subset(load(COUNTIES), lambda row: row["GEOID"] in ("25011", "25015", "25027"))
    yield from summarize(
        "projected_features",
        hexagon_rows,
        (inland, [(row, project(shape, 4269, 5070)) for row, shape in Layer(inland).rows()]),
        ["ALAND MAX"],
        key="ZONE",
        size=lambda shape: shape.area,
        unit=square_km,
        keep=False,
        note="features in degrees within polygons in metres, projected vertex by vertex",
    )
    dots = [({"N": k}, {"x": 7.0 + 13 * (k % 10), "y": 4.0 + 11 * (k // 10)}) for k in range(100)]
    dots = inline("Point", 5070, {"N": "Integer"}, dots)
    shapes = ["bowtie", "hole_touches_shell", "overlapping_parts", "nested_parts", "star", "null_geometry", "sliver"]
    for nasty in shapes:
        layer = load(f"{NASTY}{nasty}.json")
        rows = [
            (row, shape if shape is not None else shapely.Polygon())
            for row, shape in zip(layer.attributes, layer.geometries, strict=True)
        ]
        yield from summarize(
            f"dots_in_{nasty}",
            (file(f"{NASTY}{nasty}.json"), rows),
            (dots, Layer(dots).rows()),
            ["N SUM", "N STDDEV"],
            key="NAME",
            note="a hundred points, none of them on an edge",
        )


def flight_lines(cities):
    """Straight lines in degrees between cities of Europe."""
    places = [(row["CITY"], point) for row, point in cities.rows() if -10 < point.x < 30 and 36 < point.y < 60]
    rows = []
    for k in range(0, len(places) - 5, 2):
        (start, a), (end, b) = places[k], places[k + 5]
        rows.append(({"WAY": f"{start}-{end}", "SEATS": 100 + k}, {"paths": [[[a.x, a.y], [b.x, b.y]]]}))
    return inline("Polyline", 4326, {"WAY": "String", "SEATS": "Integer"}, rows)


def cases():
    return list(within_cases())
