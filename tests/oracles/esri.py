"""Esri JSON to shapely and the measures of an expectation: areas, lengths, boxes, planar or on the ellipsoid."""

import functools
import itertools
import json
import math
from pathlib import Path

import pyproj
import shapely
from geographiclib.geodesic import Geodesic
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon
from shapely.geometry.polygon import orient

ROOT = Path(__file__).resolve().parents[2]
WGS84 = Geodesic.WGS84


class Layer:
    """Rows of a feature set: `attributes` and `geometries` (shapely, repaired, `None` when empty) side by side."""

    def __init__(self, feature_set):
        self.json = feature_set
        self.wkid = feature_set["spatialReference"]["wkid"]
        self.attributes = [feature["attributes"] for feature in feature_set["features"]]
        self.geometries = [to_shapely(feature.get("geometry")) for feature in feature_set["features"]]

    def rows(self):
        """The rows that have a geometry."""
        pairs = zip(self.attributes, self.geometries, strict=True)
        return [(attributes, geometry) for attributes, geometry in pairs if geometry is not None]


def load(path):
    return Layer(json.loads((ROOT / path).read_text()))


def bounds_of(layer):
    """xmin, ymin, xmax, ymax of all rows."""
    return shapely.total_bounds([geometry for _, geometry in layer.rows()])


def subset(layer, keep):
    """The feature set narrowed to the rows whose attributes please `keep`."""
    return {**layer.json, "features": [f for f in layer.json["features"] if keep(f["attributes"])]}


def finite(points):
    return [
        (x, y)
        for x, y, *_ in points
        if isinstance(x, (int, float)) and isinstance(y, (int, float)) and math.isfinite(x) and math.isfinite(y)
    ]


def to_shapely(geometry):
    """The geometry after repair; vertices that are not finite are dropped."""
    if geometry is None:
        return None
    if "x" in geometry:
        points = finite([(geometry["x"], geometry["y"])])
        return Point(points[0]) if points else None
    if "points" in geometry:
        points = finite(geometry["points"])
        return MultiPoint(points) if points else None
    if "paths" in geometry:
        return non_empty(lines(geometry["paths"]))
    return non_empty(polygons(geometry["rings"]))


def non_empty(geometry):
    return None if geometry.is_empty else geometry


def lines(paths):
    """Paths of one place only have no length and are no lines."""
    strings = [LineString(path) for path in map(finite, paths) if len(set(path)) > 1]
    return strings[0] if len(strings) == 1 else MultiLineString(strings)


def signed_area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:], strict=False)) / 2


def polygons(rings):
    """Rings that neither cross nor share a stretch are nested: every other one is a hole, whichever way it turns.

    Otherwise exteriors are clockwise and holes counter-clockwise, or the reverse if the largest ring says so; each ring
    is repaired by itself, exteriors are united, holes taken away: the rule of GEOS `make_valid(structure)`.
    """
    closed = [ring if ring[0] == ring[-1] else [*ring, ring[0]] for ring in map(finite, rings) if len(ring) > 2]
    closed = [ring for ring in closed if len(ring) > 3]
    if are_nested(closed):
        return keep_dimension(functools.reduce(shapely.symmetric_difference, map(Polygon, closed)), 2)
    outermost = max(closed, key=lambda ring: abs(signed_area(ring)), default=None)
    if outermost and signed_area(outermost) > 0:
        closed = [ring[::-1] for ring in closed]
    shells = [faces(ring) for ring in closed if signed_area(ring) <= 0]
    holes = [faces(ring) for ring in closed if signed_area(ring) > 0]
    return keep_dimension(shapely.difference(shapely.union_all(shells), shapely.union_all(holes)), 2)


def are_nested(closed):
    solids = [Polygon(ring) for ring in closed]
    if not solids or not all(solid.is_valid for solid in solids):
        return False
    pairs = itertools.combinations(solids, 2)
    return all(a.exterior.intersection(b.exterior).length == 0 and not a.overlaps(b) for a, b in pairs)


def faces(ring):
    return keep_dimension(shapely.make_valid(Polygon(ring), method="structure", keep_collapsed=False), 2)


def keep_dimension(geometry, dimension):
    """The parts of that dimension; collections of an overlay hold touching points and edges too."""
    parts = [part for part in shapely.get_parts(geometry) if shapely.get_dimensions(part) == dimension]
    parts = [part for part in parts if not part.is_empty]
    kind = (MultiPoint, MultiLineString, MultiPolygon)[dimension]
    return parts[0] if len(parts) == 1 else kind(parts)


def oriented_rings(geometry):
    """Exteriors counter-clockwise, holes clockwise: what GeographicLib counts as positive and negative."""
    for part in shapely.get_parts(geometry):
        turned = orient(part, 1.0)
        yield turned.exterior.coords
        yield from (hole.coords for hole in turned.interiors)


def geodesic_area(geometry):
    total = 0.0
    for ring in oriented_rings(geometry):
        polygon = WGS84.Polygon()
        for x, y in ring[:-1]:
            polygon.AddPoint(y, x)
        total += polygon.Compute(False, True)[2]
    return abs(total)


def geodesic_length(geometry):
    parts = oriented_rings(geometry) if shapely.get_dimensions(geometry) == 2 else paths_of(geometry)
    return sum(
        WGS84.Inverse(a[1], a[0], b[1], b[0])["s12"] for path in parts for a, b in zip(path[:-1], path[1:], strict=True)
    )


def paths_of(geometry):
    return [list(part.coords) for part in shapely.get_parts(geometry)]


def vertices(geometry):
    """The paths of lines, the rings of polygons."""
    if shapely.get_dimensions(geometry) == 1:
        return [[list(xy) for xy in path] for path in paths_of(geometry)]
    return [[list(xy) for xy in ring] for ring in oriented_rings(geometry)]


def measures(geometry, measure):
    """The measures of one expected geometry.

    A geodesic one has no box, and no length where it reaches over 180 degrees: it is cut there, and the cut has a length.
    """
    if geometry is None:
        return {"geometry": None}
    dimension = shapely.get_dimensions(geometry)
    geodesic = measure == "geodesic"
    row = {}
    if dimension == 2:
        row["area"] = geodesic_area(geometry) if geodesic else geometry.area
    is_cut = geodesic and (geometry.bounds[0] < -180 or geometry.bounds[2] > 180)
    if dimension > 0 and not is_cut:
        row["length"] = geodesic_length(geometry) if geodesic else geometry.length
    if dimension == 0:
        row["points"] = [list(point.coords[0]) for point in shapely.get_parts(geometry)]
    if not geodesic:
        row["bbox"] = list(geometry.bounds)
    return row


def project(geometry, from_wkid, to_wkid):
    transformer = pyproj.Transformer.from_crs(crs(from_wkid), crs(to_wkid), always_xy=True)
    return shapely.transform(geometry, lambda xy: list(zip(*transformer.transform(xy[:, 0], xy[:, 1]), strict=True)))


def crs(wkid):
    return f"ESRI:{wkid}" if 37_000 <= wkid < 60_000 or 102_000 <= wkid < 104_000 else f"EPSG:{wkid}"
