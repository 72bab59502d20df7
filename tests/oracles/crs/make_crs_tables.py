"""Writes shared/geometry/src/crs/more_codes.txt and datum_names.txt from the register of PROJ.

more_codes.txt holds what the crate crs-definitions lacks: newer EPSG codes and Esri's own codes (Esri's list comes with
PROJ under the Apache licence, EPSG's under the terms of use of IOGP). datum_names.txt maps the datum names of OGC and
Esri texts to the geographic code with that datum.

Usage: python make_crs_tables.py CRS_DEFINITIONS_DEFS_RS OUTPUT_DIRECTORY
"""

import re
import sys
import warnings
from pathlib import Path

from pyproj import CRS
from pyproj.database import query_crs_info
from pyproj.enums import PJType

warnings.simplefilter("ignore")
# What the Rust side computes.
PROJECTIONS = set(
    "utm tmerc lcc aea stere sterea merc somerc laea moll eqc aeqd krovak mill cea poly ortho gnom sinu omerc cass eqdc"
    " robin eqearth longlat".split()
)
DROPPED = {"no_defs", "type", "wktext", "datum", "towgs84", "nadgrids", "vunits", "geoidgrids"}
DEFAULTS = {"x_0=0", "y_0=0", "k=1", "units=m", "lat_0=0", "lon_0=0"}
DEGREE = "angular_unit=0.017453292519943295"
# Esri's orthographic is spherical; proj4rs cannot invert Cassini and polyconic over the whole world.
NOT_COMPUTED = {102035, 102037, 53021, 54021, 53028, 54028}
KINDS = [PJType.PROJECTED_CRS, PJType.GEOGRAPHIC_2D_CRS]


def normal(name):
    return re.sub("[^a-z0-9]", "", name.removeprefix("D_").lower())


def parameters(crs, known):
    """The PROJ parameters without those of the datum, or None when something is not supported."""
    try:
        text = crs.to_proj4()
    except Exception:
        return None
    words = [word.lstrip("+") for word in text.split()]
    values = dict(word.partition("=")[::2] for word in words)
    if values.get("proj") not in PROJECTIONS or values.get("nadgrids") == "@null":
        return None
    kept = [word for word in words if word.split("=")[0] not in DROPPED and word not in DEFAULTS]
    ellipsoid = crs.ellipsoid
    if not 6.3e6 < ellipsoid.semi_major_metre < 6.4e6:
        return None  # other planets
    if "ellps" in values or "datum" in values:
        kept = [word for word in kept if not word.startswith("ellps=")]
        rf = ellipsoid.inverse_flattening
        kept += [f"a={ellipsoid.semi_major_metre:.12g}"] + ([f"rf={rf!r}"] if rf else [])
    if crs.is_geographic:
        kept.append(f"angular_unit={crs.axis_info[0].unit_conversion_factor!r}")
    kept = [word for word in kept if word != DEGREE]
    authority = crs.geodetic_crs.to_authority() if crs.is_projected else None
    if authority and authority[0] == "EPSG" and int(authority[1]) in known:
        kept.append(f"datum_of={authority[1]}")
    else:
        kept.append(f"datum_name={normal(crs.datum.name)}")
    return " ".join("+" + word for word in kept)


def main(definitions, output):
    known = {int(code) for code in re.findall(r"^EPSG_\d+\|(\d+)\|", Path(definitions).read_text(), re.M)}
    rows = {}
    for authority in ("EPSG", "ESRI"):
        for info in query_crs_info(authority, KINDS, allow_deprecated=True):
            code = int(info.code)
            if code in known or code in rows or code in NOT_COMPUTED:
                continue
            crs = CRS(f"{authority}:{code}")
            if authority == "ESRI":
                match = crs.to_epsg(min_confidence=100)
                if match and match in known and crs.equals(CRS(match), ignore_axis_order=True):
                    rows[code] = f"{code}|{info.name}|+alias_of={match}"
                    continue
            text = parameters(crs, known)
            if text:
                rows[code] = f"{code}|{info.name}|{text}"
    Path(output, "more_codes.txt").write_text("".join(rows[code] + "\n" for code in sorted(rows)))

    names = {}
    for info in query_crs_info("EPSG", [PJType.GEOGRAPHIC_2D_CRS]):
        code = int(info.code)
        if code not in known:
            continue
        crs = CRS(code)
        found = {normal(crs.datum.name)}
        for version in ("WKT1_ESRI", "WKT1_GDAL"):
            try:
                found |= {normal(name) for name in re.findall(r'DATUM\["([^"]*)"', crs.to_wkt(version))}
            except Exception:
                pass
        for name in found:
            names.setdefault(name, code)
    Path(output, "datum_names.txt").write_text("".join(f"{name}|{names[name]}\n" for name in sorted(names)))


if __name__ == "__main__":
    main(*sys.argv[1:])
