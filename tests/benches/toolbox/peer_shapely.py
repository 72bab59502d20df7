"""The rows of the toolbox benchmark with shapely 2 (GEOS), geopandas, pyproj and scipy, on one thread: one line of JSON a row.

Usage: peer_shapely.py LAYERS ROW…; all rows without any. Where several ways lead to a result, the quickest counts.
"""

import json
import pickle
import sys
import time
from pathlib import Path

import numpy as np
import pyproj
import scipy.spatial
import shapely

RUNS = 3
# Sixteen segments a quarter: a full circle has 64 sides, as ours.
QUARTER = 16


class Layers:
    def __init__(self, folder):
        self.folder = Path(folder)

    def polygons(self, name):
        attributes, wkb = pickle.loads((self.folder / f"{name}.pickle").read_bytes())
        return attributes, shapely.from_wkb(wkb)

    def points(self, name):
        return np.load(self.folder / f"{name}.npy")


def discs(name, distance):
    def prepare(layers):
        points = shapely.points(layers.points(name))
        united = shapely.union_all
        return {
            "union_all": lambda: united(shapely.buffer(points, distance, quad_segs=QUARTER)).area,
            "disjoint subsets": lambda: united(
                shapely.disjoint_subset_union_all(shapely.buffer(points, distance, quad_segs=QUARTER))
            ).area,
        }

    return prepare


def buffers(distance):
    def prepare(layers):
        _, counties = layers.polygons("counties")
        return {"buffer": lambda: shapely.area(shapely.buffer(counties, distance, quad_segs=QUARTER)).sum()}

    return prepare


def dissolve(layers):
    attributes, counties = layers.polygons("counties")
    states = np.array([row["STATEFP"] for row in attributes])
    groups = [counties[states == state] for state in np.unique(states)]
    return {
        "union_all": lambda: sum(shapely.union_all(group).area for group in groups),
        "coverage_union_all": lambda: sum(shapely.coverage_union_all(group).area for group in groups),
    }


def intersect(layers):
    _, counties = layers.polygons("counties")
    _, hexagons = layers.polygons("hexagons")

    def work():
        tree = shapely.STRtree(hexagons)
        shapely.prepare(counties)
        left, right = tree.query(counties, predicate="intersects")
        within = shapely.contains_properly(counties[left], hexagons[right])
        pieces = hexagons[right[within]]
        cut = shapely.intersection(counties[left[~within]], hexagons[right[~within]])
        return shapely.area(pieces).sum() + shapely.area(cut).sum()

    return {"tree, prepared": work}


def points_in(layers):
    _, counties = layers.polygons("counties")
    points = layers.points("points_1m")

    def polygon_side():
        tree = shapely.STRtree(shapely.points(points))
        shapely.prepare(counties)
        return tree.query(counties, predicate="intersects").shape[1]

    def point_side():
        tree = shapely.STRtree(counties)
        return tree.query(shapely.points(points), predicate="intersects").shape[1]

    def joined():
        import geopandas

        frame = geopandas.GeoDataFrame({"VALUE": np.arange(len(points)) % 1000}, geometry=shapely.points(points))
        attributes, _ = layers.polygons("counties")
        zones = geopandas.GeoDataFrame(attributes, geometry=counties)
        return geopandas.sjoin(frame, zones, how="left")["index_right"].notna().sum()

    return {"tree of points": polygon_side, "tree of polygons": point_side, "geopandas": joined}


def nearest_cities(layers):
    points, cities = layers.points("points_world_1m"), layers.points("cities")

    def tree_of_boxes():
        tree = shapely.STRtree(shapely.points(cities))
        return (tree.nearest(shapely.points(points)) + 1).sum()

    return {
        "cKDTree": lambda: (scipy.spatial.cKDTree(cities).query(points)[1] + 1).sum(),
        "STRtree": tree_of_boxes,
    }


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

        return {"PROJ": work}

    return prepare


def geodesic_area(layers):
    _, counties = layers.polygons("counties_degrees")
    geod = pyproj.Geod(ellps="GRS80")

    def work():
        return sum(abs(geod.geometry_area_perimeter(county)[0]) for county in counties)

    return {"GeographicLib": work}


ROWS = {
    "buffer_points_10k": discs("points_10k", 20_000),
    "buffer_points_100k": discs("points_100k", 5_000),
    "buffer_counties_1km": buffers(1_000),
    "buffer_counties_inwards_1km": buffers(-1_000),
    "buffer_counties_10km": buffers(10_000),
    "dissolve_counties": dissolve,
    "intersect_counties_hexagons": intersect,
    "points_in_counties": points_in,
    "nearest_cities": nearest_cities,
    "project_web_mercator": project(3857),
    "project_utm": project(32633),
    "geodesic_area": geodesic_area,
}


def main():
    layers, wanted = Layers(sys.argv[1]), sys.argv[2:]
    for name, prepare in ROWS.items():
        if wanted and name not in wanted:
            continue
        for way, work in prepare(layers).items():
            runs = []
            for _ in range(RUNS):
                cpu, wall = time.process_time(), time.perf_counter()
                check = work()
                runs.append((time.process_time() - cpu, time.perf_counter() - wall))
                if runs[-1][0] > 20:
                    break
            cpu, wall = sorted(runs)[len(runs) // 2]
            line = {"row": name, "way": way, "cpu_ms": cpu * 1000, "wall_ms": wall * 1000, "check": float(check)}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
