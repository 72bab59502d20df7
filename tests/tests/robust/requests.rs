//! Requests made of nothing but the descriptions of the parameters, as a client would that has never seen the tool.

use crate::layers::{Layer, partner};
use gp_core::{DataType, Filter, Parameter, Requirement, Task};
use serde_json::json;

/// A request: texts by the names of parameters.
pub(crate) type Request = Vec<(String, String)>;

/// Texts of which no description tells what they mean: the first of each is right.
const TEXTS: &[(&str, &[&str])] = &[
    (
        "Statistics_Fields",
        &["COUNT SUM", "NAME CONCATENATE", "NAME SUM", "NO_SUCH MEAN", "COUNT", "COUNT NO_SUCH"],
    ),
    ("Summary_Fields", &["COUNT SUM", "COUNT STDDEV", "NAME MEAN", "NO_SUCH MEAN", "SUM"]),
    (
        "Geometry_Property",
        &[
            "A AREA",
            "B LENGTH_GEODESIC",
            "C CENTROID_X",
            "D EXTENT_MIN_X",
            "E POINT_COUNT",
            "F NO_SUCH",
            "NAME AREA",
        ],
    ),
    ("Field_Name", &["RESULT", "COUNT", "NAME", "OBJECTID", "Shape", "1 bad name", "SELECT"]),
    ("Number_of_Points", &["20", "COUNT", "NO_SUCH", "-1", "0", "1e9", "99999999999999999999"]),
    ("Origin_Coordinate", &["0 0", "0", "1e300 1e300", "NaN NaN", "x y"]),
    ("Y_Axis_Coordinate", &["0 10", "0 0", "5 5", "-1e300 1e300"]),
    ("Opposite_Corner", &["30 30", "-30 -30", "0 0", "1e300 1e300"]),
    (
        "Template_Extent",
        &["0 0 30 30", "30 30 0 0", "0 0 0 0", "0 0 1e300 1e300", "NaN NaN NaN NaN", "1 2 3"],
    ),
    ("Constraining_Extent", &["0 0 30 30", "30 30 0 0", "0 0 0 0", "-1e300 0 1e300 1e300", "1 2 3"]),
    ("Extent", &["0 0 30 30", "30 30 0 0", "0 0 0 0", "-1e300 0 1e300 1e300", "1 2 3"]),
    ("Seconds", &["0"]),
];

/// What must be given beside the required parameters for a tool to do anything.
const BESIDE: &[(&str, &str, &str)] = &[
    ("CreateFishnet", "Number_of_Rows", "3"),
    ("CreateFishnet", "Number_of_Columns", "3"),
    ("CreateFishnet", "Origin_Coordinate", "0 0"),
];

/// Whether a parameter takes layers.
pub(crate) fn takes_layers(parameter: &Parameter) -> bool {
    match &parameter.data_type {
        DataType::MultiValue(member) => member.is_feature_type(),
        own => own.is_feature_type(),
    }
}

/// The names of the parameters that take layers.
pub(crate) fn layer_inputs(tool: &dyn Task) -> Vec<&Parameter> {
    tool.inputs().iter().filter(|parameter| takes_layers(parameter)).collect()
}

/// Whether the filter of a parameter lets a geometry type through.
pub(crate) fn accepts(parameter: &Parameter, kind: &str) -> bool {
    match &parameter.filter {
        Some(Filter::FeatureClass(kinds)) => kinds.iter().any(|allowed| format!("{allowed:?}") == kind),
        _ => true,
    }
}

/// The request that gives what must be given, and units, which most tools want: `layer` in this parameter, and layers
/// that nothing is wrong with in the others; `layer` in all of them where `varied` is `None`.
pub(crate) fn plain(tool: &dyn Task, varied: Option<&Parameter>, layer: &Layer) -> Request {
    let mut request = Request::new();
    for parameter in tool.inputs() {
        let name = parameter.name.to_string();
        if takes_layers(parameter) {
            let is_varied = varied.is_none_or(|varied| varied.name == parameter.name);
            let good = partner(kind_for(parameter), layer.wkid);
            let text = match (&parameter.data_type, is_varied) {
                (DataType::MultiValue(_), true) => format!("[{},{}]", layer.json, good.json),
                (DataType::MultiValue(_), false) => format!("[{}]", good.json),
                (_, true) => layer.json.clone(),
                (_, false) => good.json,
            };
            request.push((name, text));
        } else if let Some((.., text)) =
            BESIDE.iter().find(|(of, wanted, _)| *of == tool.name() && *wanted == name)
        {
            request.push((name, (*text).to_owned()));
        } else if parameter.data_type == DataType::LinearUnit && is_in_degrees(layer) {
            request.push((name, unit("distance", DISTANCE_ON_GLOBE_M, "esriMeters")));
        } else if is_wanted(parameter) {
            request.extend(values(parameter).first().map(|text| (name, text.clone())));
        }
    }
    request
}

/// Long enough that shapes of degrees are not cut into millions of pieces.
const DISTANCE_ON_GLOBE_M: f64 = 100_000.0;

fn is_in_degrees(layer: &Layer) -> bool {
    layer.wkid == 4326
}

/// A geometry type that the parameter takes, polygons if it may.
fn kind_for(parameter: &Parameter) -> &'static str {
    crate::layers::KINDS.iter().rev().find(|kind| accepts(parameter, kind)).unwrap_or(&"Polygon")
}

fn is_wanted(parameter: &Parameter) -> bool {
    parameter.requirement == Requirement::Required
        || matches!(parameter.data_type, DataType::LinearUnit | DataType::ArealUnit)
}

/// The same request with another value of one parameter.
pub(crate) fn with(request: &Request, name: &str, text: &str) -> Request {
    let mut other: Request = request.iter().filter(|(own, _)| own != name).cloned().collect();
    other.push((name.to_owned(), text.to_owned()));
    other
}

/// The same request without the layers that need not be given: texts often stand for them.
pub(crate) fn without_optional_layers(tool: &dyn Task, request: &Request) -> Request {
    let is_needed = |name: &str| {
        let parameter = tool.inputs().iter().find(|parameter| parameter.name == name);
        parameter.is_none_or(|parameter| {
            !takes_layers(parameter) || parameter.requirement == Requirement::Required
        })
    };
    request.iter().filter(|(name, _)| is_needed(name)).cloned().collect()
}

/// Values to try for a parameter that takes no layer: right ones first, then those on the edge and beyond it.
pub(crate) fn values(parameter: &Parameter) -> Vec<String> {
    let single = |data_type: &DataType| -> Vec<String> {
        let texts: Vec<&str> = match data_type {
            DataType::Boolean => vec!["true", "false"],
            DataType::Long => vec!["2", "0", "1", "-1", "4503599627370495", "x"],
            DataType::Double => vec!["0.5", "3", "0", "1", "-1", "1e300", "1e-300", "NaN"],
            DataType::String if !parameter.choices.is_empty() => {
                parameter.choices.iter().map(AsRef::as_ref).chain(["NO_SUCH"]).collect()
            }
            DataType::String => match TEXTS.iter().find(|(name, _)| parameter.name == *name) {
                Some((_, texts)) => texts.to_vec(),
                None => vec!["a", "NAME", "100", "'\"🦀"],
            },
            DataType::SqlExpression => vec![
                "COUNT + 1",
                "OBJECTID = 1",
                "1 / 0",
                "NAME LIKE '%'",
                "NO_SUCH = 1",
                "(((",
                "NAME || NAME",
                "COUNT * 1e308 * 1e308",
                "POWER(COUNT, 1000000)",
                "NULL",
                "CURRENT_TIMESTAMP",
            ],
            DataType::Date => vec!["0", "-99999999999999", "x"],
            DataType::Field => vec!["NAME", "COUNT", "OBJECTID", "NO_SUCH", "Shape"],
            DataType::StringHidden => vec!["secret"],
            DataType::TimeUnit => vec!["3 Months", "-1", "x"],
            DataType::Extent | DataType::Envelope => vec![
                "{\"xmin\":0,\"ymin\":0,\"xmax\":1,\"ymax\":1,\"spatialReference\":{\"wkid\":4326}}",
                "{\"xmin\":1,\"ymin\":0,\"xmax\":0,\"ymax\":1}",
            ],
            DataType::ValueTable => vec!["[[1,\"a\",\"1 Mile\"]]", "[]", "[[\"x\"]]", "7"],
            DataType::Composite => vec!["5", "1 Mile", "{\"dataType\":\"GPLong\",\"value\":5}", "{}"],
            DataType::DataFile | DataType::RasterData | DataType::RasterDataLayer => {
                // Item ids are files of the repository.
                vec![
                    "{\"itemID\":\"tests/data/rivers.json\"}",
                    "{\"itemID\":\"tests/oracles/files/rivers.gpkg\"}",
                    "{\"itemID\":\"tests/oracles/files/counties.zip\"}",
                    "{\"itemID\":\"tests/oracles/files/cities.csv\"}",
                    "{\"itemID\":\"tests/data/README.md\"}",
                    "{\"itemID\":\"no/such/file.zip\"}",
                    "{\"url\":\"https://localhost/a.zip\"}",
                    "x",
                ]
            }
            DataType::CoordinateSystem | DataType::SpatialReference => {
                vec!["3857", "4326", "2263", "32661", "999999"]
            }
            DataType::LinearUnit => {
                return [10.0, 0.0, -5.0, 1e300, 1e-300, 1e6]
                    .map(|distance| unit("distance", distance, "esriMeters"))
                    .into_iter()
                    .chain([
                        unit("distance", 1.0, "esriDecimalDegrees"),
                        unit("distance", 1.0, "esriUnknownUnits"),
                    ])
                    .collect();
            }
            DataType::ArealUnit => {
                return [100.0, 0.0, -5.0, 1e300, 1e-300]
                    .map(|area| unit("area", area, "esriSquareMeters"))
                    .to_vec();
            }
            DataType::FeatureRecordSetLayer | DataType::RecordSet | DataType::MultiValue(_) => Vec::new(),
        };
        texts.into_iter().map(str::to_owned).collect()
    };
    match &parameter.data_type {
        DataType::MultiValue(member) => {
            let singles = single(member);
            let quoted = |texts: &[&String]| {
                let members: Vec<String> = texts.iter().map(|text| json!(text).to_string()).collect();
                format!("[{}]", members.join(","))
            };
            let mut lists: Vec<String> = singles.iter().map(|text| quoted(&[text])).collect();
            lists.extend([
                quoted(&singles.iter().collect::<Vec<_>>()),
                quoted(&[&singles[0], &singles[0]]),
                "[]".to_owned(),
            ]);
            lists
        }
        own => single(own),
    }
}

fn unit(of: &str, number: f64, units: &str) -> String {
    json!({ of: number, "units": units }).to_string()
}
