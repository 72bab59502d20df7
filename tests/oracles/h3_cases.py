"""H3 cells by Uber's own library, cut at the antimeridian and closed at the poles by shapely."""

import itertools
import math

import h3
import shapely
from shapely import affinity
from shapely.geometry import Polygon, box

from case import EXACT, case, file
from esri import bounds_of, keep_dimension, load, project

COUNTRIES = "examples/countries.json"


def cell_polygon(cell):
    """A cell in degrees, cut at the antimeridian; one with a pole in it reaches up to it."""
    corners = [(longitude, latitude) for latitude, longitude in h3.cell_to_boundary(cell)]
    ring = [corners[0]]
    for longitude, latitude in corners[1:] + corners[:1]:
        ring.append((longitude + 360 * round((ring[-1][0] - longitude) / 360), latitude))
    if abs(ring[-1][0] - ring[0][0]) > 180:
        pole = math.copysign(90, ring[0][1])
        ring += [(ring[-1][0], pole), (ring[0][0], pole)]
    whole = Polygon(ring)
    if whole.bounds[0] >= -180 and whole.bounds[2] <= 180:
        return whole
    pieces = [
        affinity.translate(whole.intersection(box(360 * turn - 180, -90, 360 * turn + 180, 90)), -360 * turn)
        for turn in (-1, 0, 1)
    ]
    # Around a pole the ring starts and ends at one meridian, which is no border.
    return keep_dimension(shapely.union_all(pieces), 2)


def all_cells(resolution):
    return itertools.chain.from_iterable(h3.cell_to_children(cell, resolution) for cell in h3.get_res0_cells())


def h3_case(name, parameters, extents, resolution, note, to_wkid=None, **more):
    """`extents`: boxes within ±180 degrees."""
    area = shapely.union_all([box(*extent) for extent in extents])
    cells = [(cell, cell_polygon(cell)) for cell in all_cells(resolution)]
    found = [(cell, polygon) for cell, polygon in cells if polygon.intersects(area)]
    if len(extents) == 1 and extents[0][2] - extents[0][0] < 180:
        west, south, east, north = extents[0]
        shape = h3.LatLngPoly([(south, west), (south, east), (north, east), (north, west)])
        overlapping = h3.h3shape_to_cells_experimental(shape, resolution, contain="overlap")
        assert {cell for cell, _ in found} == set(overlapping)
    rows = [
        ({"GRID_ID": cell}, project(polygon, 4326, to_wkid) if to_wkid else polygon) for cell, polygon in sorted(found)
    ]
    return case(
        "GenerateTessellation",
        name,
        {**parameters, "Shape_Type": "H3_HEXAGON", "H3_Resolution": resolution},
        rows,
        note=note,
        **{"tolerance": EXACT | {"distance": 1e-9}, **more},
    )


def cases():
    massachusetts = (-73.6, 41.2, -69.9, 42.9)
    extent = {"Extent": " ".join(map(str, massachusetts))}
    note = "Uber's library finds the same cells that overlap the extent, with the same boundaries"
    yield h3_case("h3_massachusetts", extent, [massachusetts], 4, note, paths=True)
    yield h3_case(
        "h3_projected",
        extent | {"Spatial_Reference": {"wkid": 5070}},
        [massachusetts],
        4,
        "cells are made in WGS84 and projected",
        to_wkid=5070,
        tolerance=EXACT,
        paths=True,
    )
    yield h3_case(
        "h3_fiji",
        {"Extent": "176.5 -19.5 181.8 -15.8"},
        [(176.5, -19.5, 180, -15.8), (-180, -19.5, -178.2, -15.8)],
        3,
        "an extent and cells across the antimeridian",
        paths=True,
    )
    yield h3_case(
        "h3_arctic", {"Extent": "-180 72 180 90"}, [(-180, 72, 180, 90)], 1, "the cell that holds the pole", paths=True
    )
    world = tuple(bounds_of(load(COUNTRIES)))
    yield h3_case(
        "h3_countries", {"Extent_Features": file(COUNTRIES)}, [world], 0, "the extent of features in degrees"
    )
