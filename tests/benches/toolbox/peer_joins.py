"""Rows of `peer_shapely.py` that find for each feature what contains it or what is nearest to it: for each row its ways, and what makes
the figure that is checked of their result.
"""

import numpy as np
import scipy.spatial
import shapely


def points_in(layers):
    points, counties = layers.point_frame("points_1m"), layers.frame("counties")
    return {"geopandas sjoin": lambda: points.sjoin(counties, how="left")["index_right"].notna().sum()}, float


def points_in_pairs(layers):
    _, counties = layers.polygons("counties")
    points = shapely.points(layers.points("points_1m"))

    def polygon_side():
        tree = shapely.STRtree(points)
        shapely.prepare(counties)
        return tree.query(counties, predicate="intersects").shape[1]

    return {
        "shapely, tree of points": polygon_side,
        "shapely, tree of polygons": lambda: shapely.STRtree(counties).query(points, predicate="intersects").shape[1],
    }, float


def summarize(layers):
    points, counties = layers.point_frame("points_1m"), layers.frame("counties")

    def work():
        within = points.sjoin(counties[["geometry"]])
        figures = within.groupby("index_right")["VALUE"].agg(["size", "sum"])
        return counties.join(figures)["sum"].sum()

    return {"geopandas sjoin, groupby": work}, float


def nearest_cities(layers):
    points, cities = layers.point_frame("points_world_1m"), layers.point_frame("cities")

    def first(joined):
        """Cities at one place are all nearest: one counts."""
        return (joined["index_right"].groupby(level=0).min() + 1).sum()

    return {"geopandas sjoin_nearest": lambda: points.sjoin_nearest(cities)}, first


def nearest_cities_pairs(layers):
    points, cities = layers.points("points_world_1m"), layers.points("cities")
    return {
        "scipy cKDTree": lambda: (scipy.spatial.cKDTree(cities).query(points)[1] + 1).sum(),
        "shapely STRtree": lambda: (shapely.STRtree(shapely.points(cities)).nearest(shapely.points(points)) + 1).sum(),
    }, float


def nearest_line(layers):
    _, counties = layers.polygons("counties")
    lines = shapely.boundary(counties)
    points = shapely.points(layers.points("points_100k"))

    def distances_to(lines):
        _, distances = shapely.STRtree(lines).query_nearest(points, all_matches=False, return_distance=True)
        return distances.sum()

    def segments():
        rings = shapely.get_parts(lines)
        xy, ends = shapely.get_coordinates(rings), np.cumsum(shapely.get_num_coordinates(rings))
        starts = np.delete(np.arange(len(xy) - 1), ends[:-1] - 1)
        return shapely.linestrings(np.stack([xy[starts], xy[starts + 1]], axis=1))

    return {
        "shapely, tree of segments": lambda: distances_to(segments()),
        "shapely, tree of lines": lambda: distances_to(lines),
    }, float
