"""Tessellations and nets by numpy and shapely, from the angles of their shapes.

Of random points a case can only say how many there are of each feature; that they lie inside, are even and keep their
distance is tested beside the tool.
"""

import itertools
import math

import numpy
import pyproj
import shapely
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box

from case import EXACT, case, file
from esri import WGS84, bounds_of, crs, load

ALBERS = "tests/data/counties_albers.json"
COUNTRIES = "examples/countries.json"
CITIES = "examples/cities.json"
WGS84_WKID = {"wkid": 4326}


def letters(column):
    """A to Z, then AA."""
    for length in itertools.count(1):
        if column < 26**length:
            return "".join(chr(65 + column // 26**place % 26) for place in reversed(range(length)))
        column -= 26**length


def regular(corners, radius, first_degrees):
    """A regular polygon around the origin by the angles of its corners."""
    angles = numpy.radians(first_degrees + numpy.arange(corners) * 360 / corners)
    return Polygon(numpy.column_stack([radius * numpy.cos(angles), radius * numpy.sin(angles)]))


def arrangement(shape, area):
    """A function from column and row to the shape there, its origin in the lower left corner of the extent."""
    if shape in ("HEXAGON", "TRANSVERSE_HEXAGON"):
        side = math.sqrt(2 * area / math.sqrt(27))
        flat = shape == "HEXAGON"
        one = regular(6, side, 0 if flat else 30)

        def place(column, row):
            along, across = (column, row) if flat else (row, column)
            long, wide = 1.5 * side * along, math.sqrt(3) * side * (across + along % 2 / 2)
            return affinity.translate(one, *((long, wide) if flat else (wide, long)))

    elif shape == "SQUARE":
        side = math.sqrt(area)

        def place(column, row):
            return box(column * side, row * side, (column + 1) * side, (row + 1) * side)

    elif shape == "DIAMOND":
        diagonal = math.sqrt(2 * area)
        one = regular(4, diagonal / 2, 0)

        def place(column, row):
            return affinity.translate(one, column * diagonal / 2, (row + column % 2 / 2) * diagonal)

    else:
        side = math.sqrt(4 * area / math.sqrt(3))
        height = side * math.sqrt(3) / 2

        def place(column, row):
            start = column * side / 2
            if (column + row) % 2 == 0:
                base, tip = row * height, (row + 1) * height
            else:
                base, tip = (row + 1) * height, row * height
            return Polygon([(start, base), (start + side, base), (start + side / 2, tip)])

    return place


def tessellation(shape, area, bounds):
    """GRID_ID and polygon of every shape whose box overlaps the extent."""
    xmin, ymin, xmax, ymax = bounds
    place = arrangement(shape, area)
    extent = (0, 0, xmax - xmin, ymax - ymin)
    reach = [math.ceil(size / math.sqrt(area)) * 3 + 3 for size in extent[2:]]
    found = {}
    for column, row in itertools.product(range(-3, reach[0]), range(-3, reach[1])):
        polygon = place(column, row)
        west, south, east, north = polygon.bounds
        slack = 1e-9 * math.sqrt(area)
        if west < extent[2] - slack and south < extent[3] - slack and east > slack and north > slack:
            found[column, row] = affinity.translate(polygon, xmin, ymin)
    polygons = list(found.values())
    assert shapely.union_all(polygons).buffer(1e-7 * math.sqrt(area)).covers(box(*bounds))
    assert math.isclose(shapely.union_all(polygons).area, area * len(polygons), rel_tol=1e-9)
    first = [min(cell[axis] for cell in found) for axis in (0, 1)]
    return [
        ({"GRID_ID": f"{letters(column - first[0])}-{row - first[1] + 1}"}, polygon)
        for (column, row), polygon in found.items()
    ]


def tessellation_cases():
    bounds = bounds_of(load(ALBERS))
    for shape in ("HEXAGON", "TRANSVERSE_HEXAGON", "SQUARE", "DIAMOND", "TRIANGLE"):
        yield case(
            "GenerateTessellation",
            f"counties_{shape.lower()}",
            {
                "Extent_Features": file(ALBERS),
                "Shape_Type": shape,
                "Size": {"area": 800, "units": "esriSquareKilometers"},
            },
            tessellation(shape, 800e6, bounds),
            note="the shapes have their size, their place and their name, and cover the extent of real counties",
            paths=True,
        )
    equal_area = 6933
    transformer = pyproj.Transformer.from_crs(crs(4326), crs(equal_area), always_xy=True)
    world = transformer.transform_bounds(*bounds_of(load(COUNTRIES)))
    yield case(
        "GenerateTessellation",
        "world_equal_area",
        {
            "Extent_Features": file(COUNTRIES),
            "Shape_Type": "HEXAGON",
            "Size": {"area": 4e6, "units": "esriSquareKilometers"},
            "Spatial_Reference": {"wkid": equal_area},
        },
        tessellation("HEXAGON", 4e12, world),
        note="the extent of features in degrees, tessellated in an equal-area projection",
        tolerance=EXACT | {"distance": 0.01},
    )
    west, south, east, north = extent = (5.0, 45.0, 11.0, 48.0)
    middle = (south + north) / 2
    height = WGS84.Inverse(middle - 0.5, 0, middle + 0.5, 0)["s12"]
    width = WGS84.Inverse(middle, -0.5, middle, 0.5)["s12"]
    yield case(
        "GenerateTessellation",
        "degrees",
        {
            "Extent": f"{west} {south} {east} {north}",
            "Spatial_Reference": WGS84_WKID,
            "Shape_Type": "SQUARE",
            "Size": {"area": 2000, "units": "esriSquareKilometers"},
        },
        tessellation("SQUARE", 2e9 / (height * width), extent),
        note="in degrees the size is right in the middle of the extent",
        tolerance=EXACT | {"distance": 1e-9},
        paths=True,
    )


def net(origin, axis, width, height, rows, columns):
    """Cells row by row: a net along the axes, turned around its origin."""
    degrees = math.degrees(math.atan2(axis[1] - origin[1], axis[0] - origin[0])) - 90
    cells = [
        box(column * width, row * height, (column + 1) * width, (row + 1) * height)
        for row in range(rows)
        for column in range(columns)
    ]
    lines = [LineString([(0, row * height), (columns * width, row * height)]) for row in range(rows + 1)]
    lines += [LineString([(column * width, 0), (column * width, rows * height)]) for column in range(columns + 1)]

    def placed(shape):
        return affinity.translate(affinity.rotate(shape, degrees, origin=(0, 0)), *origin)

    return [placed(cell) for cell in cells], [placed(line) for line in lines]


def numbered(shapes):
    return [({"OBJECTID": number}, shape) for number, shape in enumerate(shapes, 1)]


def fishnet_cases():
    xmin, ymin, xmax, ymax = bounds_of(load(ALBERS))
    template = {"Template_Features": file(ALBERS)}
    size_m = 25_000
    rows, columns = math.ceil((ymax - ymin) / size_m), math.ceil((xmax - xmin) / size_m)
    cells, lines = net((xmin, ymin), (xmin, ymin + 1), size_m, size_m, rows, columns)
    sizes = {"Cell_Size_Width": size_m, "Cell_Size_Height": size_m}
    polygons = template | sizes | {"Geometry_Type": "POLYGON"}
    covering = "as many cells as cover the extent of the template"
    yield case("CreateFishnet", "counties_cells", polygons, numbered(cells), note=covering, paths=True)
    yield case("CreateFishnet", "counties_lines", template | sizes, numbered(lines), note=covering, paths=True)
    yield case(
        "CreateFishnet",
        "counties_labels",
        polygons,
        numbered([cell.centroid for cell in cells]),
        note="the middle of each cell",
        output="Output_Labels",
    )
    cells, lines = net((xmin, ymin), (xmin, ymin + 1), (xmax - xmin) / 7, (ymax - ymin) / 4, 4, 7)
    counts = {"Number_of_Rows": 4, "Number_of_Columns": 7}
    note = "sizes of 0 divide the extent by the counts"
    yield case("CreateFishnet", "counties_counts", template | counts, numbered(lines), note=note, paths=True)
    origin, axis = (1_850_000, 2_250_000), (1_700_000, 2_650_000)
    fixed = {"Cell_Size_Width": 20_000, "Cell_Size_Height": 30_000, "Number_of_Rows": 5, "Number_of_Columns": 9}
    turned = {
        "Origin_Coordinate": "1850000 2250000",
        "Y_Axis_Coordinate": "1700000 2650000",
        "Geometry_Type": "POLYGON",
        "Spatial_Reference": {"wkid": 5070},
    }
    cells, _ = net(origin, axis, 20_000, 30_000, 5, 9)
    note = "a net in a direction of its own"
    yield case("CreateFishnet", "turned", turned | fixed, numbered(cells), note=note, paths=True)
    # The opposite corner is 10 columns and 4 rows away; the cells are a little wider than it takes.
    angle = math.atan2(axis[1] - origin[1], axis[0] - origin[0])
    up, right = (math.cos(angle), math.sin(angle)), (math.sin(angle), -math.cos(angle))
    opposite = [origin[i] + 195_000 * right[i] + 120_000 * up[i] for i in (0, 1)]
    cells, _ = net(origin, axis, 20_000, 30_000, 4, 10)
    corner = {"Opposite_Corner": f"{opposite[0]!r} {opposite[1]!r}", "Cell_Size_Width": 20_000, "Number_of_Rows": 4}
    yield case(
        "CreateFishnet",
        "turned_corner",
        turned | corner,
        numbered(cells),
        note="the opposite corner is read along the turned axes",
        paths=True,
    )
    cells, _ = net((-10.0, 35.0), (-10.0, 36.0), 5, 5, 5, 8)
    degrees = {"Template_Extent": "-10 35 30 60", "Cell_Size_Width": 5, "Cell_Size_Height": 5}
    degrees |= {"Geometry_Type": "POLYGON", "Spatial_Reference": WGS84_WKID, "Labels": "NO_LABELS"}
    note = "sizes are in the units of the coordinates, degrees too"
    yield case("CreateFishnet", "degrees", degrees, numbered(cells), note=note, paths=True)


def random_cases():
    counties = load(ALBERS).rows()
    parameters = {"Constraining_Features": file(ALBERS), "Number_of_Points": "20"}
    rows = [({"CID": row["OBJECTID"]}, None) for row, _ in counties for _ in range(20)]
    note = "as many points in each county as are asked for"
    yield case("CreateRandomPoints", "counties", parameters, rows, note=note)
    spaced = parameters | {"Minimum_Allowed_Distance": "2 Kilometers", "Seed": 3}
    note = "as many again where they have to be 2 km apart: there is room for them"
    yield case("CreateRandomPoints", "counties_apart", spaced, rows, note=note)
    cities = load(CITIES).rows()
    everything = {"Constraining_Features": file(CITIES), "Number_of_Points": str(len(cities))}
    rows = [({"CID": row["OBJECTID"]}, Point(geometry)) for row, geometry in cities]
    note = "out of points none is chosen twice, so all of them are"
    yield case("CreateRandomPoints", "cities", everything, rows, note=note)
    extent = {"Constraining_Extent": '{"xmin":-5,"ymin":42,"xmax":8,"ymax":51,"spatialReference":{"wkid":4326}}'}
    rows = [({"CID": 0}, None)] * 100
    note = "in an extent the number is 100 unless another is given"
    yield case("CreateRandomPoints", "extent", extent, rows, note=note)


def cases():
    yield from tessellation_cases()
    yield from fishnet_cases()
    yield from random_cases()
