"""The rows of the toolbox benchmark with shapely 2 (GEOS), geopandas, pyproj and scipy, on one thread: one line of JSON a row and way.

Usage: peer_shapely.py LAYERS [--runs N] [ROW…]; all rows without any. Where several ways lead to a result, the quickest counts.
"""

import argparse
import json
import pickle
import time
from pathlib import Path

import geopandas
import numpy as np
import pyproj
import scipy.spatial
import shapely

from layers import polygons
from peer_joins import nearest_cities, nearest_cities_pairs, nearest_line, points_in, points_in_pairs, summarize

# Longer than this, and one run has to do.
PATIENCE_S = 20
# Sixteen segments a quarter: a full circle has 64 sides, as ours.
QUARTER = 16
# Copies of the small layer of invalid countries, so that there is something to measure.
COPIES = 10
COUNTRIES_INVALID = Path(__file__).resolve().parents[2] / "data/countries_invalid.json"


class Layers:
    def __init__(self, folder):
        self.folder = Path(folder)

    def polygons(self, name):
        attributes, wkb = pickle.loads((self.folder / f"{name}.pickle").read_bytes())
        return attributes, shapely.from_wkb(wkb)

    def frame(self, name):
        attributes, geometry = self.polygons(name)
        return geopandas.GeoDataFrame(attributes, geometry=geometry)

    def points(self, name):
        return np.load(self.folder / f"{name}.npy")

    def point_frame(self, name):
        points = self.points(name)
        return geopandas.GeoDataFrame({"VALUE": np.arange(1, len(points) + 1) % 1000}, geometry=shapely.points(points))


def total_area(geometries):
    return shapely.area(geometries).sum()


def discs(name, distance):
    def prepare(layers):
        points = shapely.points(layers.points(name))

        def buffered():
            return shapely.buffer(points, distance, quad_segs=QUARTER)

        return {
            "shapely union_all": lambda: shapely.union_all(buffered()),
            "shapely disjoint_subset_union_all": lambda: shapely.disjoint_subset_union_all(buffered()),
        }, total_area

    return prepare


def buffers(distance):
    def prepare(layers):
        _, counties = layers.polygons("counties")
        return {"shapely buffer": lambda: shapely.buffer(counties, distance, quad_segs=QUARTER)}, total_area

    return prepare


def dissolve(layers):
    frame = layers.frame("counties")
    counties = frame.geometry.values
    states = frame["STATEFP"].to_numpy()
    groups = [np.asarray(counties[states == state]) for state in np.unique(states)]
    return {
        "shapely union_all": lambda: [shapely.union_all(group) for group in groups],
        "shapely coverage_union_all": lambda: [shapely.coverage_union_all(group) for group in groups],
        "geopandas dissolve(coverage)": lambda: frame.dissolve(by="STATEFP", method="coverage").geometry.values,
    }, total_area


def intersect(layers):
    counties, hexagons = layers.frame("counties"), layers.frame("hexagons")

    def all_pairs():
        left, right = shapely.STRtree(hexagons.geometry.values).query(counties.geometry.values, predicate="intersects")
        return shapely.intersection(np.asarray(counties.geometry)[left], np.asarray(hexagons.geometry)[right])

    def borders_only():
        one, other = np.asarray(counties.geometry), np.asarray(hexagons.geometry)
        shapely.prepare(one)
        left, right = shapely.STRtree(other).query(one, predicate="intersects")
        within = shapely.contains_properly(one[left], other[right])
        cut = shapely.intersection(one[left[~within]], other[right[~within]])
        return np.concatenate([other[right[within]], cut])

    return {
        "shapely, all pairs": all_pairs,
        "shapely, pairs on borders": borders_only,
        "geopandas overlay": lambda: counties.overlay(hexagons, how="intersection", keep_geom_type=True).geometry.values,
    }, total_area


def union(layers):
    counties, hexagons = layers.frame("counties"), layers.frame("hexagons")
    return {"geopandas overlay": lambda: counties.overlay(hexagons, how="union", keep_geom_type=True).geometry.values}, total_area


def project(wkid):
    def prepare(layers):
        points = layers.points("points_world_1m")
        x, y = points.T.copy()
        if wkid != 3857:
            x = 15.0 + x / 60.0

        def work():
            transformer = pyproj.Transformer.from_crs(4326, wkid, always_xy=True)
            east, north = transformer.transform(x, y)
            return (east + north).sum()

        return {"pyproj": work}, float

    return prepare


def geodesic_area(layers):
    _, counties = layers.polygons("counties_degrees")
    # As pyproj wants them; the other way round it would only change the sign.
    counties = shapely.orient_polygons(counties, exterior_cw=False)
    geod = pyproj.Geod(ellps="GRS80")
    return {"pyproj Geod": lambda: sum(geod.geometry_area_perimeter(county)[0] for county in counties)}, float


def geodesic_buffer(layers):
    cities = layers.points("cities")[:10_000]
    geod = pyproj.Geod(ellps="WGS84")
    azimuths = np.arange(0, 360, 360 / 64)

    def work():
        x, y = np.repeat(cities[:, 0], 64), np.repeat(cities[:, 1], 64)
        around = np.tile(azimuths, len(cities))
        x, y, _ = geod.fwd(x, y, around, np.full(len(x), 50_000.0))
        return x.reshape(-1, 64), y.reshape(-1, 64)

    def area(circles):
        # Beside the antimeridian the circle goes on; ours is cut there, which has the same area.
        x = (circles[0] - cities[:, :1] + 180) % 360 - 180
        return total_area(shapely.polygons(np.stack([x, circles[1]], axis=2)))

    return {"pyproj circles": work}, area


def inner_area(cells, points):
    """Of the cells within the extent of the points: those beyond are cut by frames, which differ."""
    left, bottom, right, top = *points.min(axis=0), *points.max(axis=0)
    boxes = shapely.bounds(cells)
    inside = (boxes[:, 0] > left) & (boxes[:, 1] > bottom) & (boxes[:, 2] < right) & (boxes[:, 3] < top)
    return total_area(cells[inside])


def voronoi(layers):
    points = layers.points("points_100k")
    together = shapely.multipoints(points)

    def cells(diagram):
        if not isinstance(diagram, scipy.spatial.Voronoi):
            return inner_area(shapely.get_parts(diagram), points)
        rings = [diagram.regions[region] for region in diagram.point_region]
        whole = [ring for ring in rings if ring and -1 not in ring]
        return inner_area(np.array([shapely.Polygon(diagram.vertices[ring]) for ring in whole]), points)

    return {
        "scipy Voronoi": lambda: scipy.spatial.Voronoi(points),
        "shapely voronoi_polygons": lambda: shapely.voronoi_polygons(together, ordered=True),
    }, cells


def concave_hull(layers):
    together = shapely.multipoints(layers.points("points_100k"))
    return {"shapely concave_hull": lambda: shapely.concave_hull(together, ratio=0.3)}, total_area


def simplify(preserve_topology):
    def prepare(layers):
        _, counties = layers.polygons("counties")

        def work():
            return shapely.simplify(counties, 1_000, preserve_topology=preserve_topology)

        return {"shapely simplify": work}, total_vertices

    return prepare


def simplify_shared(layers):
    _, counties = layers.polygons("counties")
    return {"shapely coverage_simplify": lambda: shapely.coverage_simplify(counties, 1_000)}, total_vertices


def total_vertices(geometries):
    return shapely.get_num_coordinates(geometries).sum()


def repair(layers):
    features = json.loads(COUNTRIES_INVALID.read_text())["features"]
    rings = [[np.array(ring)[:, :2] for ring in feature["geometry"]["rings"]] for feature in features]
    countries = np.tile(polygons([(None, one) for one in rings]), COPIES)
    return {"shapely make_valid(structure)": lambda: shapely.make_valid(countries, method="structure")}, total_area


ROWS = {
    "buffer_points_10k": discs("points_10k", 20_000),
    "buffer_points_100k": discs("points_100k", 5_000),
    "buffer_counties_1km": buffers(1_000),
    "buffer_counties_inwards_1km": buffers(-1_000),
    "buffer_counties_10km": buffers(10_000),
    "geodesic_buffer": geodesic_buffer,
    "dissolve_counties": dissolve,
    "intersect_counties_hexagons": intersect,
    "union_counties_hexagons": union,
    "points_in_counties": points_in,
    "points_in_counties_pairs": points_in_pairs,
    "summarize_points_within_counties": summarize,
    "nearest_cities": nearest_cities,
    "nearest_cities_pairs": nearest_cities_pairs,
    "nearest_line": nearest_line,
    "project_web_mercator": project(3857),
    "project_utm": project(32633),
    "geodesic_area": geodesic_area,
    "voronoi_100k": voronoi,
    "concave_hull_100k": concave_hull,
    "simplify_counties": simplify(preserve_topology=False),
    "simplify_counties_checked": simplify(preserve_topology=True),
    "simplify_shared_edges": simplify_shared,
    "repair_countries": repair,
}


def measure(work, count):
    """The median run by processor time, in milliseconds, and the result."""
    runs = []
    for _ in range(count):
        result = None
        cpu, wall = time.process_time(), time.perf_counter()
        result = work()
        runs.append((time.process_time() - cpu, time.perf_counter() - wall))
        if runs[-1][0] > PATIENCE_S:
            break
    cpu, wall = sorted(runs)[len(runs) // 2]
    return cpu * 1000, wall * 1000, result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layers", type=Layers)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("rows", nargs="*")
    args = parser.parse_intermixed_args()
    for name, prepare in ROWS.items():
        if args.rows and name not in args.rows:
            continue
        ways, check = prepare(args.layers)
        for way, work in ways.items():
            cpu_ms, wall_ms, result = measure(work, args.runs)
            line = {"row": name, "way": way, "cpu_ms": cpu_ms, "wall_ms": wall_ms, "check": float(check(result))}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
