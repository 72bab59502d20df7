"""ImportFeatures by GDAL, which writes the files of `files` and reads them again; ExtractData by GEOS and PROJ."""

import zipfile

import geopandas
import pyogrio
import pyproj
import shapely

from case import EXACT, case, file
from esri import ROOT, load
from overlay_cases import ALBERS, CITIES, EXAMPLE_COUNTRIES, HEXAGONS, kept, union

FILES = ROOT / "tests/oracles/files"
RIVERS = "tests/data/rivers.json"
# A fixed time in what would otherwise hold that of the run.
pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2020-01-01T00:00:00Z", "GDAL_NUM_THREADS": "1"})


def frame(path, columns):
    """A layer of the test data as a GeoDataFrame."""
    layer = load(path)
    rows = layer.rows()
    data = {column: [attributes[column] for attributes, _ in rows] for column in columns}
    return geopandas.GeoDataFrame(data, geometry=[geometry for _, geometry in rows], crs=layer.wkid)


def write_files():
    """Files as GDAL makes them."""
    FILES.mkdir(exist_ok=True)
    for old in FILES.iterdir():
        old.unlink()
    cities, rivers, counties = frame(CITIES, ["CITY"]), frame(RIVERS, ["NAME"]), frame(ALBERS, ["NAME"])
    pyogrio.write_dataframe(rivers, FILES / "rivers.gpkg", layer="rivers")
    pyogrio.write_dataframe(cities.iloc[:20], FILES / "rivers.gpkg", layer="cities", append=True)
    pyogrio.write_dataframe(cities, FILES / "cities.fgb")
    pyogrio.write_dataframe(cities, FILES / "cities.csv", layer_options={"GEOMETRY": "AS_XY"})
    pyogrio.write_dataframe(cities.rename(columns={"CITY": "Name"}), FILES / "cities.kml", driver="KML")
    pyogrio.write_dataframe(counties, FILES / "counties.shp")
    parts = sorted(FILES.glob("counties.*"))
    with zipfile.ZipFile(FILES / "counties.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.writestr(zipfile.ZipInfo(part.name), part.read_bytes(), zipfile.ZIP_DEFLATED)
            part.unlink()


def imported(name, path, note, key, layer=None):
    """What GDAL reads from a file."""
    source = f"/vsizip/{FILES / path}" if path.endswith(".zip") else FILES / path
    read = pyogrio.read_dataframe(source, layer=layer)
    rows = [({key: value}, geometry) for value, geometry in zip(read[key], read.geometry, strict=True)]
    parameters = {"Input_File": {"upload": f"tests/oracles/files/{path}"}}
    if layer:
        parameters["Layer"] = layer
    return case("ImportFeatures", name, parameters, rows, note=note, tolerance=EXACT)


def import_cases():
    write_files()
    yield imported("counties_shapefile", "counties.zip", "polygons of a zipped shapefile", "NAME")
    yield imported("rivers_geopackage", "rivers.gpkg", "one of two layers of a GeoPackage", "NAME", "rivers")
    yield imported("cities_geopackage", "rivers.gpkg", "the other layer", "CITY", "cities")
    yield imported("cities_flatgeobuf", "cities.fgb", "points of a FlatGeobuf, ordered along a curve", "CITY")
    places = [({"CITY": attributes["CITY"]}, geometry) for attributes, geometry in load(CITIES).rows()]
    for name, path, key in (("cities_csv", "cities.csv", "CITY"), ("cities_kml", "cities.kml", "Name")):
        # GDAL has these columns as texts, or under another name.
        rows = [({key: row["CITY"]}, geometry) for row, geometry in places]
        parameters = {"Input_File": {"upload": f"tests/oracles/files/{path}"}}
        yield case("ImportFeatures", name, parameters, rows, note=f"points of {path}")


def moved(rows, source, target):
    transformer = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return [(key, shapely.transform(geometry, transformer.transform, interleaved=False)) for key, geometry in rows]


def extract_cases():
    hexagons, counties, cities = load(HEXAGONS), load(ALBERS), load(CITIES)
    county, countries = union(counties), union(load(EXAMPLE_COUNTRIES))
    hexagon_rows = kept(hexagons, "ZONE", lambda geometry: shapely.intersection(geometry, county))
    city_rows = kept(cities, "CITY", lambda geometry: shapely.intersection(geometry, countries))

    def extracted(name, layer, area, more, rows, note):
        parameters = {"Layers_to_Clip": [file(layer)], "Area_of_Interest": file(area), **more}
        return case("ExtractData", name, parameters, rows, note=note)

    yield extracted("hexagons_shapefile", HEXAGONS, ALBERS, {}, hexagon_rows, "polygons, to a shapefile")
    yield extracted(
        "hexagons_geopackage",
        HEXAGONS,
        ALBERS,
        {"Feature_Format": "GEOPACKAGE", "Layer_Names": ["hexagons"]},
        hexagon_rows,
        "polygons, to a GeoPackage",
    )
    yield extracted(
        "cities_mercator",
        CITIES,
        EXAMPLE_COUNTRIES,
        {"Feature_Format": "FLATGEOBUF", "Spatial_Reference": 3857},
        moved(city_rows, 4326, 3857),
        "points, cut in degrees and projected to metres",
    )
    yield extracted(
        "cities_geojson",
        CITIES,
        EXAMPLE_COUNTRIES,
        {"Feature_Format": "GEOJSON"},
        city_rows,
        "points, to GeoJSON",
    )


def cases():
    yield from import_cases()
    yield from extract_cases()
