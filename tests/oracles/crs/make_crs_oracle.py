"""Writes the tables against which shared/geometry/tests/crs_*.rs test, with PROJ as the oracle (no grids, no network).

  expected.csv   code,longitude,latitude,x,y            WGS 84 to the system, 5 points in its area of use
  pairs.csv      from,to,x,y,x_to,y_to                  between projected systems
  texts.csv      code|form|text                         the definition as Esri and as OGC text, without AUTHORITY

Usage: python make_crs_oracle.py OUTPUT_DIRECTORY [all]
With "all" every EPSG and Esri code is written to expected.csv: for a sweep, not for the repository.
"""

import math
import re
import sys
import warnings
from pathlib import Path

import pyproj
from pyproj import CRS, Transformer
from pyproj.database import query_crs_info
from pyproj.enums import PJType

warnings.simplefilter("ignore")
pyproj.network.set_network_enabled(False)

CODES = """4326 4269 4258 4283 7844 4167 4674 4490 6318 4612 4277 4289 4314 4230 4807 4267
3857 3395 4087 6933 8857 3832
32601 32611 32618 32631 32633 32660 32701 32723 32756 26910 26918 25829 25832 25835 31983 3067 3006 7855 28355
27700 29903 2157 2154 27572 3812 31370 28992 25831 2056 21781 31467 31287 5514 2180 3301 3346 3059 3763 2100 3794 3765
23700 3844 2393 3021 31468 3035 3034
5070 3005 3347 3978 2263 2248 2229 2264 2272 3338 3078 3310 6350 6372
2193 3112 3577 7899 3111 2326 3414 3375 6677 5186 5179 5880 29101 5343 2039
3413 3031 3976 5041 5042 3575 3408 3411 3571 3832
54002 54003 54004 54008 54009 54030 54032 54034 53004 102003 102008 102009 102031 102039 102718 102746 102022 102067"""
PAIRS = [(32633, 3035), (25832, 31467), (2154, 27572), (27700, 3857), (5070, 3857), (2263, 32618), (2193, 3857),
         (28992, 32632), (2056, 25832), (3413, 3995), (3031, 3857), (54030, 54009), (26918, 2248), (5514, 32633)]
TEXTS = """4326 4807 3857 32633 27700 2154 27572 28992 2056 5514 5070 2263 3395 3413 3031 5041 3035 6933 4087 3375 29873
31370 24200 5880 21780 3078 54008 54009 54030 54032 102031 54003 3301 2193 32755"""


def crs_of(code):
    return CRS(f"EPSG:{code}" if code < 32768 else f"ESRI:{code}")


def points(crs):
    """The middle and four points between it and the corners of the area of use."""
    area = crs.area_of_use
    west, south, east, north = area.bounds if area else (-180, -85, 180, 85)
    if east < west:
        east += 360
    west, east = max(west, -179.9), min(east, 539.0)
    south, north = max(south, -89.0), min(north, 89.0)
    for u, v in ((0.5, 0.5), (0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8)):
        longitude = west + (east - west) * u
        yield round(longitude - 360 if longitude > 180 else longitude, 6), round(south + (north - south) * v, 6)


def number(value):
    return repr(float(value))


def expected(codes):
    for code in codes:
        try:
            crs = crs_of(code)
            transformer = Transformer.from_crs(4326, crs, always_xy=True)
            for longitude, latitude in points(crs):
                x, y = transformer.transform(longitude, latitude)
                if math.isfinite(x) and math.isfinite(y):
                    yield f"{code},{number(longitude)},{number(latitude)},{number(x)},{number(y)}\n"
        except Exception as error:
            print(code, error, file=sys.stderr)


def pairs():
    for start, end in PAIRS:
        crs = crs_of(start)
        to_start = Transformer.from_crs(4326, crs, always_xy=True)
        transformer = Transformer.from_crs(crs, crs_of(end), always_xy=True)
        for longitude, latitude in points(crs):
            x, y = (round(value, 3) for value in to_start.transform(longitude, latitude))
            end_x, end_y = transformer.transform(x, y)
            if math.isfinite(end_x):
                yield f"{start},{end},{number(x)},{number(y)},{number(end_x)},{number(end_y)}\n"


def texts():
    for code in map(int, TEXTS.split()):
        for form in ("WKT1_ESRI", "WKT1_GDAL"):
            try:
                text = crs_of(code).to_wkt(form)
            except Exception:
                continue
            text = re.sub(r',AUTHORITY\["[^"]*","[^"]*"\]', "", text)
            yield f"{code}|{form}|{text}\n"


def main(output, extent=""):
    codes = [int(code) for code in dict.fromkeys(CODES.split())]
    if extent == "all":
        kinds = [PJType.PROJECTED_CRS, PJType.GEOGRAPHIC_2D_CRS]
        codes = [int(info.code) for name in ("EPSG", "ESRI") for info in query_crs_info(name, kinds)]
    Path(output, "expected.csv").write_text("".join(expected(codes)))
    if not extent:
        Path(output, "pairs.csv").write_text("".join(pairs()))
        Path(output, "texts.csv").write_text("".join(texts()))


if __name__ == "__main__":
    main(*sys.argv[1:])
