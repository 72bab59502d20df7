"""The total area of a reply, whatever its format: a wrong answer must not win a benchmark."""

import math

EARTH_RADIUS_M = 6_378_137.0


def mercator(position):
    x, y = position[:2]
    if abs(x) <= 180 and abs(y) <= 90:
        latitude = math.radians(y)
        return (math.radians(x) * EARTH_RADIUS_M, math.log(math.tan(math.pi / 4 + latitude / 2)) * EARTH_RADIUS_M)
    return (x, y)


def ring_area(ring):
    points = [mercator(position) for position in ring]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:], strict=False)) / 2


def total(value):
    """The area of all polygons anywhere within a reply: GeoJSON or Esri JSON, metres or degrees."""
    if isinstance(value, list):
        return sum(total(item) for item in value)
    if not isinstance(value, dict):
        return 0.0
    if "rings" in value:
        return abs(sum(ring_area(ring) for ring in value["rings"]))
    if value.get("type") == "Polygon":
        shell, *holes = value["coordinates"]
        return abs(ring_area(shell)) - sum(abs(ring_area(hole)) for hole in holes)
    if value.get("type") == "MultiPolygon":
        return sum(total({"type": "Polygon", "coordinates": part}) for part in value["coordinates"])
    return sum(total(item) for item in value.values())
