"""Calculate Geometry Attributes by GEOS, PROJ and GeographicLib."""

import math

import shapely

from case import case, file, inline
from esri import WGS84, Layer, geodesic_area, geodesic_length, load, project, subset

ALBERS = "tests/data/counties_albers.json"
HEXAGONS = "tests/data/hexagons_albers.json"
COUNTRIES = "examples/countries.json"
CITIES = "examples/cities.json"
NASTY = "tests/data/nasty/"
FOOT_M = 0.3048


def rings(shape):
    return [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]


def planar(shape):
    """What any geometry has."""
    left, bottom, right, top = shape.bounds
    return {
        "CENTROID_X": shape.centroid.x,
        "CENTROID_Y": shape.centroid.y,
        "EXTENT_MIN_X": left,
        "EXTENT_MIN_Y": bottom,
        "EXTENT_MAX_X": right,
        "EXTENT_MAX_Y": top,
        "PART_COUNT": len(shapely.get_parts(shape)),
    }


def of_polygon(shape):
    return planar(shape) | {
        "AREA": shape.area,
        "PERIMETER_LENGTH": shape.length,
        "POINT_COUNT": sum(len(ring.coords) for ring in rings(shape)),
        "HOLE_COUNT": len(rings(shape)) - len(shapely.get_parts(shape)),
    }


def of_line(shape):
    paths = [list(part.coords) for part in shapely.get_parts(shape)]
    (start_x, start_y), (end_x, end_y) = paths[0][0][:2], paths[-1][-1][:2]
    return planar(shape) | {
        "LENGTH": shape.length,
        "POINT_COUNT": sum(map(len, paths)),
        "LINE_START_X": start_x,
        "LINE_START_Y": start_y,
        "LINE_END_X": end_x,
        "LINE_END_Y": end_y,
        "LINE_BEARING": math.degrees(math.atan2(end_x - start_x, end_y - start_y)) % 360,
    }


def attributes_case(name, value, pairs, key, values_of, note, **more):
    """`values_of` gives the properties of a geometry, of which the case asks for all, each in a field of its name."""
    rows, properties = [], None
    for row, shape in pairs:
        values = values_of(shape) if shape is not None else {}
        properties = properties or list(values)
        rows.append(({key: row[key]} | {f"P_{name}": values.get(name) for name in properties}, None))
    entries = ";".join(f"P_{name} {name}" for name in properties)
    parameters = {"Input_Features": value, "Geometry_Property": entries, **more}
    return case("CalculateGeometryAttributes", name, parameters, rows, note=note)


def lines_between(layer, wkid):
    """Lines of three positions between neighbouring rows."""
    points = [(row, shape.centroid) for row, shape in layer.rows()]
    rows = []
    for (_, a), (_, b), (_, c) in zip(points, points[1:], points[2:], strict=False):
        path = [[round(point.x, 6), round(point.y, 6)] for point in (a, b, c)]
        rows.append(({"N": len(rows)}, {"paths": [path]}))
    return inline("Polyline", wkid, {"N": "Integer"}, rows)


def cases():
    counties, hexagons, countries, cities = load(ALBERS), load(HEXAGONS), load(COUNTRIES), load(CITIES)
    yield attributes_case(
        "counties",
        file(ALBERS),
        counties.rows(),
        "GEOID",
        lambda shape: of_polygon(shape) | {"AREA": shape.area / 1e6, "PERIMETER_LENGTH": shape.length / FOOT_M},
        "planar measures in chosen units",
        Area_Unit="SQUARE_KILOMETERS",
        Length_Unit="FEET_INT",
    )
    yield attributes_case(
        "hexagons",
        file(HEXAGONS),
        hexagons.rows(),
        "ZONE",
        lambda shape: {"INSIDE_X": shape.centroid.x, "INSIDE_Y": shape.centroid.y, "AREA": shape.area},
        "the point inside a convex polygon is its centroid; units of the reference",
    )

    def on_ellipsoid(shape):
        degrees = project(shape, 5070, 4326)
        return {
            "AREA_GEODESIC": geodesic_area(degrees) / 4046.8564224,
            "PERIMETER_LENGTH_GEODESIC": geodesic_length(degrees) / 1852,
        }

    yield attributes_case(
        "counties_geodesic",
        file(ALBERS),
        counties.rows(),
        "GEOID",
        on_ellipsoid,
        "projected features on the ellipsoid",
        Area_Unit="ACRES",
        Length_Unit="NAUTICAL_MILES_INT",
    )
    yield attributes_case(
        "countries_geodesic",
        file(COUNTRIES),
        countries.rows(),
        "ISO_A3",
        lambda shape: {
            "AREA_GEODESIC": geodesic_area(shape) / 1e4,
            "PERIMETER_LENGTH_GEODESIC": geodesic_length(shape),
            "PART_COUNT": len(shapely.get_parts(shape)),
            "EXTENT_MAX_Y": shape.bounds[3],
        },
        "degrees, with the pole and the antimeridian; metres where no unit is given",
        Area_Unit="HECTARES",
    )
    near = ("Berlin", "Paris", "Rome", "Madrid", "Vienna", "Oslo", "London")
    europe = subset(cities, lambda row: row["CITY"] in near)

    def in_utm(point):
        projected = project(point, 4326, 32632)
        return {"POINT_X": projected.x, "POINT_Y": projected.y, "POINT_COUNT": 1}

    yield attributes_case(
        "cities_in_utm",
        europe,
        Layer(europe).rows(),
        "CITY",
        in_utm,
        "positions in another coordinate system",
        Coordinate_System={"wkid": 32632},
    )
    grid = lines_between(counties, 5070)
    yield attributes_case("lines", grid, Layer(grid).rows(), "N", of_line, "planar lines, their ends and bearings")
    flights = lines_between(Layer(subset(cities, lambda row: row["OBJECTID"] % 6 == 0)), 4326)

    def geodesic_line(shape):
        (x0, y0), (x1, y1) = shape.coords[0], shape.coords[-1]
        return {
            "LENGTH_GEODESIC": geodesic_length(shape) / 1000,
            "LINE_BEARING": WGS84.Inverse(y0, x0, y1, x1)["azi1"] % 360,
        }

    yield attributes_case(
        "flights",
        flights,
        Layer(flights).rows(),
        "N",
        geodesic_line,
        "lines of degrees: geodesic lengths and azimuths",
        Length_Unit="KILOMETERS",
    )
    # Not the numbers of vertices: a repaired polygon has those of the repair, which no two libraries share.
    for nasty in ("hole_touches_shell", "nested_parts", "star", "null_geometry", "wrong_orientation"):
        layer = load(f"{NASTY}{nasty}.json")
        pairs = sorted(zip(layer.attributes, layer.geometries, strict=True), key=lambda pair: pair[1] is None)
        yield attributes_case(
            nasty,
            file(f"{NASTY}{nasty}.json"),
            pairs,
            "NAME",
            lambda shape: {"AREA": shape.area, "PERIMETER_LENGTH": shape.length, "EXTENT_MAX_X": shape.bounds[2]},
            "nasty polygons; without geometry there are nulls",
        )
