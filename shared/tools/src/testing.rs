//! What the tests of the tools share: features in few words, and a run as a request makes it.

use crate::TOOLS;
use gp_core::{
    ExecutionType, InputSource, Limits, Message, MessageLevel, NoSource, Observer, OutputForm, Parameters,
    Progress, PublishedTask, RunContext, RunFiles, Service, ServiceName, read_request, run_task,
};
use gp_esri::{Attribute, FeatureSet, Geometry, ReadLimits};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a run gave: the features or rows of its first output, and the texts of its messages.
pub(crate) struct Run {
    pub(crate) features: FeatureSet,
    /// The other outputs that are features or rows.
    pub(crate) more: Vec<FeatureSet>,
    pub(crate) warnings: Vec<String>,
}

/// Runs a tool on parameters as a request has them; an error is all its sentences.
pub(crate) fn run(tool: &str, parameters: &Value) -> Result<Run, String> {
    run_with(tool, parameters, &NoSource, RunFiles::default())
}

/// [`run`] with files: those that parameters name come from `source`, those that are made lie in the folder of `files`.
pub(crate) fn run_with(
    tool: &str,
    parameters: &Value,
    source: &dyn InputSource,
    files: RunFiles,
) -> Result<Run, String> {
    let task = PublishedTask::new(*TOOLS.iter().find(|task| task.name() == tool).unwrap());
    let texts: Parameters = parameters
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let request = read_request(&task, &texts, &Limits::default(), 0, source);
    let (values, mut warnings, environment) = request.map_err(|error| error.details.join("; "))?;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let context = RunContext::new(environment, Box::new(Listener(heard.clone())), Arc::default(), None)
        .with_files(files);
    let results = run_task(&service(), &task, values, OutputForm::Stored, &context);
    let results = results.map_err(|error| error.sentences().join("; "))?;
    warnings.extend(heard.lock().unwrap().drain(..));
    let mut outputs = results.iter().filter(|result| result.info.feature_count.is_some()).map(|result| {
        let text = std::str::from_utf8(&result.json).unwrap();
        FeatureSet::from_json(text, &ReadLimits::default()).unwrap().feature_set
    });
    // A tool that makes files may give no features at all.
    let features = outputs.next().unwrap_or_default();
    Ok(Run { features, more: outputs.collect(), warnings })
}

/// A feature set; the rows are pairs of attributes and geometry. Fields are those of the first row, by their values.
pub(crate) fn set(geometry_type: &str, wkid: u32, rows: &[(Value, Value)]) -> Value {
    let reference = if wkid == 0 { Value::Null } else { json!({ "wkid": wkid }) };
    let field = |(name, value): (&String, &Value)| {
        let kind = match value {
            Value::String(_) => "String",
            Value::Number(number) if number.is_f64() => "Double",
            _ => "Integer",
        };
        json!({ "name": name, "type": format!("esriFieldType{kind}") })
    };
    let own = rows.first().and_then(|row| row.0.as_object()).into_iter().flatten().map(field);
    let fields: Vec<Value> =
        std::iter::once(json!({ "name": "OBJECTID", "type": "esriFieldTypeOID" })).chain(own).collect();
    let feature = |(number, (attributes, geometry)): (usize, &(Value, Value))| {
        let mut attributes = attributes.clone();
        attributes["OBJECTID"] = json!(10 * (number + 1));
        json!({ "attributes": attributes, "geometry": geometry })
    };
    let features: Vec<Value> = rows.iter().enumerate().map(feature).collect();
    json!({
        "geometryType": format!("esriGeometry{geometry_type}"), "spatialReference": reference,
        "fields": fields, "features": features,
    })
}

/// A square with its lower left corner at x, y.
pub(crate) fn square(x: f64, y: f64, size: f64) -> Value {
    json!({ "rings": [[[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]]] })
}

/// A line of one path.
pub(crate) fn line(positions: &[[f64; 2]]) -> Value {
    json!({ "paths": [positions] })
}

/// Two layers of polygons that share a slanting border each, on which those of the upper layer have a vertex more: that one
/// is rounded to one side of the border, and slivers lie between both.
pub(crate) fn nearly_touching() -> (Value, Value) {
    let (mut lower, mut upper) = (Vec::new(), Vec::new());
    for number in 0..50 {
        let shift = f64::from(number);
        let a = [1e6 / 3.0 + 130.0 * shift, 0.7e6 / 3.0 + 77.0 * shift];
        let c = [a[0] + 100.0, a[1] + 70.0];
        let share = 0.1 + 0.016 * shift;
        let b = [a[0] + (c[0] - a[0]) * share, a[1] + (c[1] - a[1]) * share];
        let (bottom, top) = (a[1] - 100.0, c[1] + 100.0);
        lower.push((json!({}), json!({ "rings": [[a, c, [c[0], bottom], [a[0], bottom], a]] })));
        upper.push((json!({}), json!({ "rings": [[a, [a[0], top], [c[0], top], c, b, a]] })));
    }
    (set("Polygon", 5070, &lower), set("Polygon", 5070, &upper))
}

impl Run {
    /// A column as texts, in the order of the rows.
    pub(crate) fn column(&self, name: &str) -> Vec<String> {
        let column = self.features.field_index(name).unwrap();
        let text = |attribute: &Attribute| match attribute {
            Attribute::Null => "null".to_owned(),
            Attribute::Integer(number) => number.to_string(),
            Attribute::Double(number) => number.to_string(),
            Attribute::Text(text) => text.to_string(),
        };
        self.features.features.iter().map(|feature| text(&feature.attributes[column])).collect()
    }

    /// The names of all columns.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.features.fields.iter().map(|field| field.name.as_str()).collect()
    }

    /// The planar area of a row.
    pub(crate) fn area(&self, row: usize) -> f64 {
        match self.geometry(row) {
            Geometry::Polygon(rings) => gp_geometry::area(rings),
            _ => 0.0,
        }
    }

    /// The geometry of a row.
    pub(crate) fn geometry(&self, row: usize) -> &Geometry {
        self.features.features[row].geometry.as_ref().unwrap()
    }
}

struct Listener(Arc<Mutex<Vec<String>>>);

impl Observer for Listener {
    fn message(&self, message: Message) {
        self.0.lock().unwrap().push(message.text);
    }

    fn progress(&self, _: Progress) {}
}

fn service() -> Service {
    Service {
        name: ServiceName::new("", "Tests"),
        description: String::new(),
        execution_type: ExecutionType::Synchronous,
        tasks: Vec::new(),
        maximum_records: u64::MAX,
        time_limit: Duration::from_secs(60),
        message_level: MessageLevel::Info,
        retention: Duration::ZERO,
        run_on_submit: None,
        layers: Vec::new(),
        uploads: None,
    }
}
