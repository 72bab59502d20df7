"""Merge, Append and Delete Identical by pandas and GEOS, Check and Repair Geometry by GEOS."""

import itertools
import json

import pandas
import shapely
from shapely.geometry import Polygon

from case import EXACT, case, file, inline
from esri import ROOT, WGS84, Layer, load, project, signed_area
from feature_cases import ALBERS, BORDERS, COUNTRIES, HEXAGONS, NASTY, RIVERS, some

CITIES = "examples/cities.json"
COUNTIES = "tests/data/counties.json"
WORLD = "tests/data/countries.json"
INVALID = "tests/data/countries_invalid.json"
POINTS = {"distance": 1e-6}


def table(layer, wkid=None):
    """The rows with their geometry, brought to another reference where one is given."""
    frame = pandas.DataFrame([{k: v for k, v in row.items() if k != "OBJECTID"} for row in layer.attributes])
    shapes = layer.geometries
    if wkid and wkid != layer.wkid:
        shapes = [shape and project(shape, layer.wkid, wkid) for shape in shapes]
    frame["geometry"] = shapes
    return frame


def rows_of(frame, columns):
    """Rows of a case; NaN of pandas is null."""
    plain = frame[columns].astype(object).where(frame[columns].notna(), None)
    shapes = ["null" if shape is None or pandas.isna(shape) else shape for shape in frame["geometry"]]
    return list(zip(plain.to_dict("records"), shapes, strict=True))


def townships(wkid=4326):
    """Points with fields of other names, cases and types than those of the cities."""
    rows = [({"city": f"T{n}", "CODE": n, "RANK": n / 4}, {"x": 10 + n / 8, "y": 50 - n / 16}) for n in range(8)]
    rows.append(({"city": None, "CODE": None, "RANK": None}, None))
    if wkid == 3857:
        rows = [(row, shape and {"x": shape["x"] * 100_000, "y": shape["y"] * 100_000}) for row, shape in rows]
    return inline("Point", wkid, {"city": "String", "CODE": "Integer", "RANK": "Double"}, rows)


def few_hexagons():
    return some(HEXAGONS, lambda row: row["OBJECTID"] <= 40)


def merged(layers, wkid):
    frames = [table(layer, wkid) for layer in layers]
    return pandas.concat([frame.rename(columns={"city": "CITY"}) for frame in frames], ignore_index=True)


def merge_cases():
    cities = some(CITIES, lambda row: row["CITY"] < "C")
    french = some(BORDERS, lambda row: row["COUNTRY_A"] == "France")
    for name, layers, columns in (
        ("points", [cities, Layer(townships())], ["CITY", "CODE", "RANK"]),
        ("points_mercator", [cities, Layer(townships(3857))], ["CITY", "CODE", "RANK"]),
        ("points_reversed", [Layer(townships()), cities], ["CITY", "CODE", "RANK"]),
        ("rivers_borders", [load(RIVERS), french], ["NAME", "COUNTRY_B"]),
    ):
        frame = merged(layers, layers[0].wkid)
        yield case(
            "Merge",
            name,
            {"Inputs": [layer.json for layer in layers]},
            rows_of(frame, columns),
            note="fields of one name, whatever its case, are one; references are matched to the first",
            tolerance={"distance": 1e-6, "length_ratio": 1e-9},
        )
    albers = some(ALBERS, lambda row: row["GEOID"] == "25025")
    coast = some(COUNTIES, lambda row: row["GEOID"] in ("53055",))
    layers = [albers, few_hexagons(), coast]
    frame = merged(layers, 5070).assign(MERGE_SRC=["Inputs 1"] + ["Inputs 2"] * 40 + ["Inputs 3"])
    yield case(
        "Merge",
        "counties_hexagons_source",
        {"Inputs": [layer.json for layer in layers], "Add_Source": "ADD_SOURCE_INFO"},
        rows_of(frame, ["GEOID", "ZONE", "MERGE_SRC"]),
        note="polygons of two references, the source named",
        tolerance=EXACT,
    )


def append_cases():
    target, more = some(CITIES, lambda row: row["CITY"] < "C"), some(CITIES, lambda row: row["CITY"] > "T")
    frame = merged([target, more], 4326)
    greatest = max(row["OBJECTID"] for row in target.attributes)
    ids = [row["OBJECTID"] for row in target.attributes] + [greatest + n + 1 for n in range(len(more.attributes))]
    yield case(
        "Append",
        "cities_test",
        {"Inputs": [more.json], "Target_Dataset": target.json, "Schema_Type": "TEST"},
        rows_of(frame.assign(OBJECTID=ids), ["OBJECTID", "CITY"]),
        note="object ids go on from the greatest of the target",
        tolerance=POINTS,
    )
    frame = merged([target, Layer(townships(3857)), more], 4326)
    yield case(
        "Append",
        "cities_no_test",
        {"Inputs": [townships(3857), more.json], "Target_Dataset": target.json, "Schema_Type": "NO_TEST"},
        rows_of(frame, ["CITY"]),
        note="fields by name, references matched to the target",
        tolerance=POINTS,
    )
    frame = merged([load(ALBERS), few_hexagons()], 5070)
    yield case(
        "Append",
        "hexagons_to_counties",
        {"Inputs": [few_hexagons().json], "Target_Dataset": file(ALBERS), "Schema_Type": "NO_TEST"},
        rows_of(frame, ["GEOID", "ALAND"]),
        note="fields that an input does not have are null",
        tolerance=EXACT,
    )


def identical_cases():
    countries = load(COUNTRIES)
    for name, layer, path, columns in (
        ("countries_by_continent", countries, COUNTRIES, ["CONTINENT"]),
        ("borders_by_pair", load(BORDERS), BORDERS, ["COUNTRY_A", "COUNTRY_B"]),
    ):
        frame = table(layer).assign(OBJECTID=[row["OBJECTID"] for row in layer.attributes])
        kept = frame.drop_duplicates(subset=columns, keep="first")
        yield case(
            "DeleteIdentical",
            name,
            {"Input_Dataset": file(path), "Fields": columns},
            [(key, None) for key, _ in rows_of(kept, ["OBJECTID", *columns])],
            note="the first of each",
        )
    cities = load(CITIES)
    twice = [renumbered(feature, 1000) for feature in cities.json["features"][::3]]
    again = Layer({**cities.json, "features": cities.json["features"] + twice})
    yield case(
        "DeleteIdentical",
        "cities_twice",
        {"Input_Dataset": again.json, "Fields": ["Shape"]},
        [({"OBJECTID": row["OBJECTID"]}, shape) for row, shape in first_shapes(again)],
        note="every third city comes twice",
        tolerance=POINTS,
    )
    zones = load(HEXAGONS)
    turned = [renumbered(f, 1000) for f in zones.json["features"][::5]]
    for feature in turned:
        [ring] = feature["geometry"]["rings"]
        feature["geometry"] = {"rings": [[*ring[2:-1], *ring[:3]]]}
    again = Layer({**zones.json, "features": zones.json["features"][:60] + turned})
    yield case(
        "DeleteIdentical",
        "hexagons_turned",
        {"Input_Dataset": again.json, "Fields": ["Shape"]},
        [({"OBJECTID": row["OBJECTID"]}, shape) for row, shape in first_shapes(again)],
        note="rings that begin at another vertex are the same",
    )
    for distance_km in (100, 1000):
        kept = []
        for row, point in cities.rows():
            near = (WGS84.Inverse(point.y, point.x, other.y, other.x)["s12"] <= distance_km * 1000 for _, other in kept)
            if not any(near):
                kept.append((row, point))
        yield case(
            "DeleteIdentical",
            f"cities_within_{distance_km}_km",
            {
                "Input_Dataset": file(CITIES),
                "Fields": ["Shape"],
                "XY_Tolerance": {"distance": distance_km, "units": "esriKilometers"},
            },
            [({"CITY": row["CITY"]}, point) for row, point in kept],
            note="no city within that distance, on the ellipsoid, of one before it that is kept",
            tolerance=POINTS,
        )


def renumbered(feature, more):
    attributes = feature["attributes"]
    return {"attributes": {**attributes, "OBJECTID": attributes["OBJECTID"] + more}, "geometry": feature["geometry"]}


def first_shapes(layer):
    seen = set()
    for row, shape in layer.rows():
        key = shapely.normalize(shape).wkb
        if key not in seen:
            seen.add(key)
            yield row, shape


def problems(geometry):
    """What GEOS says of the rings as they are: each simple, no two crossing, exteriors clockwise and holes not."""
    if not geometry or not geometry.get("rings"):
        return ["null geometry"]
    rings = [ring if ring[0] == ring[-1] else [*ring, ring[0]] for ring in geometry["rings"]]
    found = []
    if any(a == b for ring in rings for a, b in itertools.pairwise(ring)):
        found.append("duplicate vertex")
    sound = [ring for ring in rings if Polygon(ring).convex_hull.area > 0]
    if len(sound) < len(rings):
        found.append("empty part")
    solids = [Polygon(ring) for ring in sound]
    if not all(solid.is_valid for solid in solids):
        return [*found, "self intersections"]
    depths = [0] * len(solids)
    for a, b in itertools.permutations(range(len(solids)), 2):
        if shapely.box(*solids[a].bounds).intersects(solids[b]):
            if solids[a].exterior.intersection(solids[b].exterior).length > 0 or solids[a].overlaps(solids[b]):
                return [*found, "self intersections"]
            depths[a] += solids[b].contains(solids[a])
    turned = [(signed_area(ring) > 0) == (depth % 2 == 0) for ring, depth in zip(sound, depths, strict=True)]
    return [*found, "incorrect ring ordering"] if any(turned) else found


NASTY_POLYGONS = (
    "bowtie",
    "spike",
    "hole_touches_shell",
    "hole_outside",
    "overlapping_parts",
    "nested_parts",
    "wrong_orientation",
    "unclosed_ring",
    "star",
    "zero_area",
    "empty_geometry",
    "null_geometry",
)


def check_cases():
    layers = {"countries": WORLD, "counties": ALBERS, "invalid_countries": INVALID, "hexagons": HEXAGONS}
    for name, path in [*layers.items(), *((f"nasty_{name}", f"{NASTY}{name}.json") for name in NASTY_POLYGONS)]:
        features = json.loads((ROOT / path).read_text())["features"]
        found = [(f["attributes"]["OBJECTID"], text) for f in features for text in problems(f.get("geometry"))]
        yield case(
            "CheckGeometry",
            name,
            {"Input_Features": file(path)},
            [({"CLASS": "Input_Features", "FEATURE_ID": oid, "PROBLEM": text}, None) for oid, text in found],
            note="validity of every ring and pair of rings by GEOS",
        )


def repair_cases():
    for name, path, key in (
        ("countries", WORLD, "NAME"),
        ("invalid_countries", INVALID, "NAME"),
        *((f"nasty_{name}", f"{NASTY}{name}.json", "NAME") for name in NASTY_POLYGONS),
    ):
        layer = load(path)
        yield case(
            "RepairGeometry",
            name,
            {"Input_Features": file(path), "Delete_Null": "DELETE_NULL"},
            [({key: row[key]}, shape) for row, shape in layer.rows()],
            note="make_valid by structure; what is empty goes",
            tolerance=EXACT | ({"area_ratio": 1e-5, "length_ratio": 1e-3} if name == "invalid_countries" else {}),
        )
    for name in ("zero_area", "null_geometry", "empty_geometry"):
        layer = load(f"{NASTY}{name}.json")
        pairs = zip(layer.attributes, layer.geometries, strict=True)
        yield case(
            "RepairGeometry",
            f"{name}_kept",
            {"Input_Features": file(f"{NASTY}{name}.json"), "Delete_Null": "KEEP_NULL"},
            [({"NAME": row["NAME"]}, "null" if shape is None else shape) for row, shape in pairs],
            note="what is empty stays as null",
        )


def cases():
    return [*merge_cases(), *append_cases(), *identical_cases(), *check_cases(), *repair_cases()]
