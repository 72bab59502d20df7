"""Geometries that break geoprocessing code, by hand: name -> (geometry type, wkid, rows of (name, geometry))."""

import math

# Countries of world-atlas 10m that GEOS calls invalid and that are small enough to keep here.
INVALID_COUNTRIES = {
    "Vatican",
    "Pitcairn Is.",
    "Tuvalu",
    "Dhekelia",
    "Luxembourg",
    "Marshall Is.",
    "Seychelles",
    "Jordan",
    "Belgium",
    "Yemen",
    "Fiji",
    "Bahamas",
    "Panama",
    "Pakistan",
    "Croatia",
}

SQUARE = [[0, 0], [0, 100], [100, 100], [100, 0], [0, 0]]


def box(left, bottom, right, top):
    """A clockwise ring: an exterior."""
    return [[left, bottom], [left, top], [right, top], [right, bottom], [left, bottom]]


def hole(left, bottom, right, top):
    """A counter-clockwise ring."""
    return box(left, bottom, right, top)[::-1]


def star(spikes, inner, outer):
    """A ring of many spikes, clockwise."""
    ring = [
        [round(r * math.cos(-math.pi * k / spikes), 6), round(r * math.sin(-math.pi * k / spikes), 6)]
        for k in range(2 * spikes)
        for r in [outer if k % 2 == 0 else inner]
    ]
    return [*ring, ring[0]]


def polygon(*rings):
    return {"rings": list(rings)}


def line(*paths):
    return {"paths": list(paths)}


ALBERS = 5070
WGS84 = 4326

LAYERS = {
    "bowtie": ("Polygon", ALBERS, [("bow-tie", polygon([[0, 0], [100, 100], [100, 0], [0, 100], [0, 0]]))]),
    "spike": (
        "Polygon",
        ALBERS,
        [
            (
                "spike outwards",
                polygon([[0, 0], [0, 100], [50, 100], [50, 180], [50, 100], [100, 100], [100, 0], [0, 0]]),
            ),
            (
                "spike inwards",
                polygon([[200, 0], [200, 100], [300, 100], [300, 0], [250, 0], [250, 60], [250, 0], [200, 0]]),
            ),
        ],
    ),
    "duplicate_points": (
        "Polygon",
        ALBERS,
        [
            (
                "every vertex twice",
                polygon(
                    [[0, 0], [0, 0], [0, 100], [0, 100], [100, 100], [100, 100], [100, 0], [100, 0], [0, 0], [0, 0]]
                ),
            )
        ],
    ),
    "hole_touches_shell": (
        "Polygon",
        ALBERS,
        [
            ("at one point", polygon(SQUARE, [[0, 50], [40, 20], [40, 80], [0, 50]])),
            ("along an edge", polygon(box(200, 0, 300, 100), hole(200, 30, 240, 70))),
        ],
    ),
    "hole_outside": ("Polygon", ALBERS, [("hole beside its shell", polygon(SQUARE, hole(150, 0, 200, 50)))]),
    "overlapping_parts": ("Polygon", ALBERS, [("two squares overlap", polygon(SQUARE, box(50, 50, 150, 150)))]),
    "nested_parts": (
        "Polygon",
        ALBERS,
        [("island in a lake", polygon(SQUARE, hole(20, 20, 80, 80), box(40, 40, 60, 60)))],
    ),
    "wrong_orientation": (
        "Polygon",
        ALBERS,
        [("shell counter-clockwise, hole clockwise", polygon(SQUARE[::-1], box(20, 20, 80, 80)))],
    ),
    "unclosed_ring": ("Polygon", ALBERS, [("first vertex not repeated", polygon(SQUARE[:-1]))]),
    "sliver": ("Polygon", ALBERS, [("a millimetre wide, ten kilometres long", polygon(box(0, 0, 10_000, 0.001)))]),
    "zero_area": (
        "Polygon",
        ALBERS,
        [("all vertices on a line", polygon([[0, 0], [50, 50], [100, 100], [0, 0]])), ("square", polygon(SQUARE))],
    ),
    "star": ("Polygon", ALBERS, [("500 spikes", polygon(star(500, 40.0, 100.0)))]),
    "self_crossing_line": ("Polyline", ALBERS, [("figure of eight", line([[0, 0], [100, 100], [100, 0], [0, 100]]))]),
    "degenerate_line": (
        "Polyline",
        ALBERS,
        [("one place twice", line([[10, 10], [10, 10]])), ("proper", line([[0, 50], [100, 50]]))],
    ),
    "coincident_points": (
        "Point",
        ALBERS,
        [("a", {"x": 10, "y": 10}), ("b", {"x": 10, "y": 10}), ("c", {"x": 60, "y": 10})],
    ),
    "multipoint": ("Multipoint", ALBERS, [("three", {"points": [[10, 10], [50, 50], [500, 500]]})]),
    "antimeridian_polygon": ("Polygon", WGS84, [("beyond 180", polygon(box(175, -20, 185, -10)))]),
    "antimeridian_cut": (
        "Polygon",
        WGS84,
        [("cut in two at 180", polygon(box(175, -20, 180, -10), box(-180, -20, -175, -10)))],
    ),
    "antimeridian_line": (
        "Polyline",
        WGS84,
        [("from 179 to -179", line([[179, 0], [180, 0]], [[-180, 0], [-179, 0]]))],
    ),
    "antimeridian_point": ("Point", WGS84, [("west of 180", {"x": 179.9, "y": -17}), ("on 180", {"x": 180, "y": 10})]),
    "pole": ("Point", WGS84, [("near the pole", {"x": 30, "y": 89.99}), ("at the pole", {"x": 0, "y": 90})]),
    "pole_polygon": (
        "Polygon",
        WGS84,
        [("cap", polygon([[-180, 85], [-180, 90], [180, 90], [180, 85], [90, 85], [0, 85], [-90, 85], [-180, 85]]))],
    ),
    "empty_geometry": ("Polygon", ALBERS, [("no rings", {"rings": []}), ("square", polygon(SQUARE))]),
    "null_geometry": ("Polygon", ALBERS, [("null", None), ("square", polygon(SQUARE))]),
    "nan_point": ("Point", ALBERS, [("NaN", {"x": "NaN", "y": "NaN"}), ("proper", {"x": 50, "y": 50})]),
    "nan_vertex": (
        "Polygon",
        ALBERS,
        [("one vertex is NaN", polygon([[0, 0], [0, 100], ["NaN", "NaN"], [100, 100], [100, 0], [0, 0]]))],
    ),
    "square": ("Polygon", ALBERS, [("clip square", polygon(box(25, 25, 125, 125)))]),
}
