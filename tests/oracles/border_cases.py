"""Eliminate and Polygon To Line by GEOS; Smooth Line and Smooth Polygon from the definition by numpy."""

import math

import numpy as np
import shapely

from case import EXACT, case, file, inline
from esri import load
from generalize_cases import ALBERS, COUNTIES, HEXAGONS, outlines, polygon, raw

NASTY = "tests/data/nasty/"


def eliminated(layer, key, chosen, excluded=lambda row: False, by_area=False):
    """Each chosen polygon united with the neighbour that stays and has most border, or most area."""
    rows = layer.rows()
    stays = [k for k, (row, _) in enumerate(rows) if not chosen(k) and not excluded(row)]
    merged = {k: [geometry] for k, (_, geometry) in enumerate(rows)}
    for k, (row, geometry) in enumerate(rows):
        if not chosen(k) or excluded(row):
            continue
        shared = {}
        for other in stays:
            border = shapely.intersection(geometry.boundary, rows[other][1].boundary).length
            if border > 0:
                shared[other] = rows[other][1].area if by_area else border
        if shared:
            best = sorted(shared.values())[-2:]
            assert len(best) == 1 or best[1] / best[0] > 1 + 1e-9, "a tie"
            merged[max(shared, key=shared.get)] += merged.pop(k)
    return [({key: rows[k][0][key]}, shapely.union_all(members)) for k, members in merged.items()]


def eliminate_cases():
    layer = load(ALBERS)
    areas = sorted(geometry.area for _, geometry in layer.rows())
    limit_km2 = math.floor(areas[len(areas) // 2] / 1e6)
    small = [geometry.area < limit_km2 * 1e6 for _, geometry in layer.rows()]
    for selection in ("LENGTH", "AREA"):
        yield case(
            "Eliminate",
            f"counties_{selection.lower()}",
            {
                "Input_Features": file(ALBERS),
                "Maximum_Area": {"area": limit_km2, "units": "esriSquareKilometers"},
                "Selection": selection,
            },
            eliminated(layer, "GEOID", small.__getitem__, by_area=selection == "AREA"),
            note="the smaller half, shared borders and unions by GEOS",
        )
    layer = load(COUNTIES)
    for name, clause, test in (
        ("every_third", "MOD(OBJECTID, 3) = 0", lambda row: row["OBJECTID"] % 3 == 0),
        ("one_state", "STATE = '25'", lambda row: row["STATE"] == "25"),
    ):
        if name == "one_state" and not any(test(row) for row, _ in layer.rows()):
            continue
        chosen = [test(row) for row, _ in layer.rows()]
        yield case(
            "Eliminate",
            f"counties_{name}",
            {"Input_Features": file(COUNTIES), "Where_Clause": clause, "Selection": "AREA"},
            [
                ({"GEOID": row["GEOID"]}, geometry)
                for row, geometry in eliminated(layer, "GEOID", chosen.__getitem__, by_area=True)
            ],
            note="by a clause; areas in degrees and on the ellipsoid order the neighbours alike here",
        )


def line_of(geometry):
    """The outline as lines, each ring one."""
    rings = [ring for part in shapely.get_parts(geometry) for ring in (part.exterior, *part.interiors)]
    lines = [shapely.LineString(ring.coords) for ring in rings]
    return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)


def outline_cases():
    for name, path, key in (("counties", ALBERS, "GEOID"), ("hexagons", HEXAGONS, "ZONE"), ("degrees", COUNTIES, "GEOID")):
        layer = load(path)
        yield case(
            "PolygonToLine",
            f"{name}_ignore",
            {"Input_Features": file(path), "Neighbor_Option": "IGNORE_NEIGHBORS"},
            [({key: row[key], "ORIG_FID": row["OBJECTID"]}, line_of(geometry)) for row, geometry in layer.rows()],
            note="every ring a path",
            tolerance=EXACT | {"length_ratio": 1e-12},
        )
        borders = shapely.line_merge(shapely.union_all([geometry.boundary for _, geometry in layer.rows()]))
        rows = []
        tree = shapely.STRtree([geometry for _, geometry in layer.rows()])
        for arc in shapely.get_parts(borders):
            sides = [layer.rows()[k][0]["OBJECTID"] for k in tree.query(arc) if layer.rows()[k][1].boundary.covers(arc)]
            # The polygon that comes first is on the right.
            first, *others = sorted(sides)
            assert len(others) < 2
            rows.append(({"RIGHT_FID": first, "LEFT_FID": others[0] if others else -1}, arc))
        if len(rows) > 400:
            continue
        yield case(
            "PolygonToLine",
            f"{name}_identify",
            {"Input_Features": file(path), "Neighbor_Option": "IDENTIFY_NEIGHBORS"},
            rows,
            note="the borders between nodes, noded and merged by GEOS",
            tolerance={"length_ratio": 1e-12, "distance": 1e-6},
        )
    for name in ("square", "hole_touches_shell", "null_geometry", "bowtie"):
        layer = load(f"{NASTY}{name}.json")
        yield case(
            "PolygonToLine",
            f"nasty_{name}",
            {"Input_Features": file(f"{NASTY}{name}.json"), "Neighbor_Option": "IGNORE_NEIGHBORS"},
            [({}, line_of(geometry)) for _, geometry in layer.rows()],
            note="repaired first",
        )


def smooth(points, window, closed):
    """At each place: weighted least squares of second degree over the window, weights falling exponentially."""
    points = np.array(points, dtype=float)
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    total = lengths[-1]
    window = min(window, total / 2)
    u = np.linspace(-window / 2, window / 2, 401)
    weights = np.exp(-6 * np.abs(u) / window)
    weights[[0, -1]] /= 2

    def at(s):
        x, y = (np.interp(s, lengths, points[:, axis]) for axis in (0, 1))
        return np.column_stack([x, y])

    def around(s):
        if closed:
            return at(np.mod(s, total))
        low, high = s < 0, s > total
        inner = at(np.where(low, -s, np.where(high, 2 * total - s, s)))
        inner[low] = 2 * points[0] - inner[low]
        inner[high] = 2 * points[-1] - inner[high]
        return inner

    places = np.linspace(0, total, max(8, math.ceil(total / window * 64)) + 1)
    smoothed = []
    for place in places:
        origin = at(np.array([place]))[0]
        fit = np.polyfit(u / window, around(place + u) - origin, 2, w=np.sqrt(weights))
        smoothed.append(origin + fit[2])
    if closed:
        smoothed[-1] = smoothed[0]
    return smoothed


def smooth_cases():
    lines = outlines(lambda attributes: attributes["GEOID"].endswith("7"))
    for feature in lines["features"]:
        feature["geometry"]["paths"][0] = feature["geometry"]["paths"][0][:100]
    for kilometers in (5, 20):
        window = kilometers * 1000.0
        rows = []
        for feature in lines["features"]:
            line = shapely.LineString(smooth(feature["geometry"]["paths"][0], window, closed=False))
            rows.append(({"GEOID": feature["attributes"]["GEOID"]}, line.simplify(window / 2000)))
        kept = {row["GEOID"] for row, line in rows if line.is_simple}
        chosen = {**lines, "features": [f for f in lines["features"] if f["attributes"]["GEOID"] in kept]}
        yield case(
            "SmoothLine",
            f"outlines_{kilometers}_km",
            {"Input_Features": chosen, "Tolerance": {"distance": kilometers, "units": "esriKilometers"}},
            [(row, line) for row, line in rows if row["GEOID"] in kept],
            note="local polynomials by numpy with 401 places in the window, of ours 33; each is thinned by a 2,000th",
            tolerance={"length_ratio": 0.02, "distance": window / 250},
            paths=True,
        )
    corner = {"paths": [[[0, 0], [100, 0], [100, 60], [40, 60], [40, 20]]]}
    for meters in (10, 40):
        line = shapely.LineString(smooth(corner["paths"][0], meters, closed=False))
        yield case(
            "SmoothLine",
            f"corners_{meters}_m",
            {
                "Input_Features": inline("Polyline", 5070, {"NAME": "String"}, [({"NAME": "a"}, corner)]),
                "Tolerance": {"distance": meters, "units": "esriMeters"},
            },
            [({"NAME": "a"}, line.simplify(meters / 2000))],
            note="a few corners",
            tolerance={"length_ratio": 2e-3, "distance": meters / 250},
            paths=True,
        )
    for name, path, key, meters in (("hexagons", HEXAGONS, "ZONE", 10_000.0), ("counties", ALBERS, "GEOID", 8_000.0)):
        rows = []
        for attributes, rings in raw(path):
            simple = [list(map(tuple, smooth(ring, meters, closed=True))) for ring in rings]
            is_good = len(rings) == 1 and shapely.Polygon(simple[0]).is_valid
            rows.append(({key: attributes[key]}, polygon(simple) if is_good else None))
        made = case(
            "SmoothPolygon",
            f"{name}_{meters / 1000:.0f}_km",
            {
                "Input_Features": file(path),
                "Tolerance": {"distance": meters, "units": "esriMeters"},
                "Endpoint_Option": "NO_FIXED",
            },
            rows,
            note="local polynomials by numpy; polygons of several rings, or not valid when smooth, count as rows only",
            tolerance={"area_ratio": 1e-3, "length_ratio": 0.02, "distance": meters / 250},
        )
        for total in ("total_area", "total_length"):
            made["expect"].pop(total, None)
        yield made


def cases():
    return [*eliminate_cases(), *outline_cases(), *smooth_cases()]
