"""What every case is made of."""

import math

from esri import measures, vertices

# An exact engine and GEOS differ by vertices snapped to a grid, never by more than this share of an area.
EXACT = {"area_ratio": 1e-6, "length_ratio": 1e-6, "distance": 1e-3}
# Arcs: the expectation has 1,024 segments a circle; an inscribed 64-gon has 0.16 % less area.
ARCS = {"area_ratio": 2.5e-3, "length_ratio": 2.5e-3}


def arcs(distance):
    """A 64-gon lies up to 0.12 % of the distance inside its circle; where two arcs meet at a sharp angle it is more."""
    return ARCS | {"distance": 3e-3 * abs(distance)}


def file(path):
    return {"file": path}


def inline(geometry_type, wkid, fields, rows):
    """A feature set within the case. `rows`: (attributes, geometry)."""
    names = {"OBJECTID": "OID", **fields}
    return {
        "geometryType": f"esriGeometry{geometry_type}",
        "spatialReference": {"wkid": wkid},
        "fields": [{"name": name, "type": f"esriFieldType{kind}"} for name, kind in names.items()],
        "features": [
            {"attributes": {"OBJECTID": number, **attributes}, "geometry": geometry}
            for number, (attributes, geometry) in enumerate(rows, 1)
        ],
    }


def case(tool, name, parameters, rows, *, note, measure="planar", tolerance=EXACT, output=None, paths=False):
    """`rows`: (key attributes, geometry or None when only the attributes count, "null" when it must be null).

    `output` names the output that is compared, when it is not the first. With `paths` the vertices of lines and polygons
    are part of the expectation, compared by their Hausdorff distance.
    """
    expected = []
    for key, geometry in rows:
        row = {"key": key}
        if isinstance(geometry, str):
            row["geometry"] = None
        elif geometry is not None:
            row |= measures(geometry, measure)
            if paths:
                row["paths"] = vertices(geometry)
        expected.append(row)
    expect = {"count": len(expected), "measure": measure, "tolerance": tolerance}
    if output:
        expect["output"] = output
    for total in ("area", "length"):
        if all(total in row or not row.keys() - {"key", "geometry"} for row in expected):
            values = [row[total] for row in expected if total in row]
            if values:
                expect[f"total_{total}"] = math.fsum(values)
    expect["rows"] = expected
    return {"name": name, "tool": tool, "note": note, "parameters": parameters, "expect": expect}
