"""Aggregate Points by GEOS, numpy and PROJ."""

import math

import shapely

from case import EXACT, case, file
from esri import load, project
from summary_cases import ALBERS, CITIES, COUNTRIES, HEXAGONS, centres, figures, pieces, statistics


def bin_rows(points, entries, cell_of, cells, outline):
    """The count and the statistics of each cell; `cells` are all that are expected, in any order."""
    members = {}
    for attributes, point in points:
        members.setdefault(cell_of(point), []).append((attributes, 1.0, 1.0))
    assert set(members) <= set(cells), "a point lies outside of the bins that are expected"
    return [
        ({**statistics(members.get(cell, []), entries), "Point_Count": len(members.get(cell, []))}, outline(cell))
        for cell in cells
    ]


def squares(rows, size):
    """The cell of a point, all cells over the points, and the outline of a cell."""
    xs, ys = [point.x for _, point in rows], [point.y for _, point in rows]
    columns = range(math.floor(min(xs) / size), math.floor(max(xs) / size) + 1)
    lines = range(math.floor(min(ys) / size), math.floor(max(ys) / size) + 1)
    cells = [(i, j) for i in columns for j in lines]

    def cell_of(point):
        return math.floor(point.x / size), math.floor(point.y / size)

    def outline(cell):
        return shapely.box(cell[0] * size, cell[1] * size, (cell[0] + 1) * size, (cell[1] + 1) * size)

    return cell_of, cells, outline


def hexagons_over(rows, height):
    """Hexagons with flat tops over the points: which of them holds a point is left to GEOS."""
    radius = height / math.sqrt(3)
    extent = shapely.box(*shapely.union_all([point for _, point in rows]).bounds)
    left, bottom, right, top = extent.bounds
    shapes = {}
    for i in range(math.floor(left / (1.5 * radius)) - 2, math.ceil(right / (1.5 * radius)) + 3):
        for j in range(math.floor(bottom / height) - 2, math.ceil(top / height) + 3):
            x, y = 1.5 * radius * i, height * (j + (i % 2) / 2)
            if not shapely.intersects(shapely.box(x - radius, y - height / 2, x + radius, y + height / 2), extent):
                continue
            angles = [math.radians(60 * k) for k in range(6)]
            shapes[i, j] = shapely.Polygon([(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles])
    cells = list(shapes)
    tree = shapely.STRtree(list(shapes.values()))
    return lambda point: cells[tree.query(point, predicate="within")[0]], cells, shapes.get


def aggregate_cases():
    counties, hexagons, countries, cities = load(ALBERS), load(HEXAGONS), load(COUNTRIES), load(CITIES)
    centre_value, centre_rows = centres(hexagons, {"ZONE": "String", "CLASS": "Integer"})
    entries = ["CLASS SUM", "CLASS MEAN", "CLASS STDDEV"]
    meters = {"units": "esriMeters"}
    for name, (layer, source, points, value, key, fields) in {
        "cities_in_countries": (countries, COUNTRIES, cities.rows(), file(CITIES), "ISO_A3", ["OBJECTID MAX"]),
        "centres_in_counties": (counties, ALBERS, centre_rows, centre_value, "GEOID", entries),
    }.items():
        rows = [
            ({key: row[key], **figures(pieces(area, points, None), fields, 0, None)}, area)
            for row, area in layer.rows()
        ]
        yield case(
            "AggregatePoints",
            name,
            {"Point_Features": value, "Polygon_Features": file(source), "Statistics_Fields": fields},
            rows,
            note="points in polygons, which stay as they are",
        )
    grids = [("square", squares, 25_000), ("square", squares, 7_000), ("hexagon", hexagons_over, 30_000)]
    for kind, make, size in grids:
        cell_of, cells, outline = make(centre_rows, size)
        base = {"Point_Features": centre_value, "Bin_Type": kind.upper(), "Bin_Size": {"distance": size, **meters}}
        rows = bin_rows(centre_rows, entries, cell_of, cells, outline)
        if size > 10_000:
            yield case(
                "AggregatePoints",
                f"{kind}s_{size}",
                {**base, "Statistics_Fields": entries},
                rows,
                note="bins on a grid from the origin, over the extent of the points",
            )
        yield case(
            "AggregatePoints",
            f"{kind}s_{size}_with_points",
            {**base, "Statistics_Fields": entries, "Keep_Boundaries_With_No_Points": False},
            [row for row in rows if row[0]["Point_Count"]],
            note="only the bins that hold a point",
        )
    equal_area = [(row, project(point, 4326, 6933)) for row, point in cities.rows()]
    for kind, make in (("square", squares), ("hexagon", hexagons_over)):
        cell_of, cells, outline = make(equal_area, 1_000_000)
        rows = bin_rows(equal_area, ["OBJECTID SUM"], cell_of, cells, outline)
        yield case(
            "AggregatePoints",
            f"cities_{kind}s",
            {
                "Point_Features": file(CITIES),
                "Bin_Type": kind.upper(),
                "Bin_Size": {"distance": 1000, "units": "esriKilometers"},
                "Statistics_Fields": ["OBJECTID SUM"],
                "Keep_Boundaries_With_No_Points": False,
            },
            [row for row in rows if row[0]["Point_Count"]],
            note="degrees are binned in the World Cylindrical Equal Area projection",
            tolerance=EXACT | {"distance": 0.01},
        )


def cases():
    return list(aggregate_cases())
