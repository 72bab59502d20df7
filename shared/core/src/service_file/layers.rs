//! Data that is kept with a service, and the parameters whose values are chosen from it.

use super::{Fault, TaskEntry, input_index};
use crate::service::{LayerPlace, PublishedTask, StoredLayer};
use crate::{DataType, Value, is_web_url};
use serde::Deserialize;
use std::borrow::Cow;
use std::path::PathBuf;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayerEntry {
    name: Spanned<String>,
    file: Option<Spanned<PathBuf>>,
    url: Option<Spanned<String>>,
    layer: Option<String>,
}

/// The layers of a service, in their order.
pub(super) fn stored(entries: &[LayerEntry]) -> Result<Vec<StoredLayer>, Fault> {
    let mut layers: Vec<StoredLayer> = Vec::with_capacity(entries.len());
    for entry in entries {
        let name = entry.name.get_ref();
        let fault = |reason: String| Err((entry.name.span(), reason));
        if name.trim() != name || name.is_empty() || name.contains([',', ';', '"', '{', '[']) {
            return fault(format!(
                "\"{name}\" is no layer name: lists are written with , ; \" {{ and [, so leave them out, and spaces around \
                 it"
            ));
        }
        if ["null", "None"].contains(&name.as_str()) {
            return fault(format!("a request that says {name} means no layer; choose another name"));
        }
        if layers.iter().any(|other| other.name.eq_ignore_ascii_case(name)) {
            return fault(format!("the layer \"{name}\" is listed twice"));
        }
        let place = match (&entry.file, &entry.url) {
            (Some(file), None) => LayerPlace::File(file.get_ref().clone()),
            (None, Some(url)) if is_web_url(url.get_ref()) => LayerPlace::Url(url.get_ref().clone()),
            (None, Some(url)) => {
                let reason = "the url of a layer must begin with http:// or https://; a path belongs to file";
                return Err((url.span(), reason.to_owned()));
            }
            _ => return fault(format!("the layer \"{name}\" needs either file or url")),
        };
        layers.push(StoredLayer { name: name.clone(), place, layer: entry.layer.clone() });
    }
    Ok(layers)
}

/// Lets the values of these parameters be names of layers, and nothing else (specification 2.2, layer choice lists).
pub(super) fn offer(
    task: &mut PublishedTask,
    entry: &TaskEntry,
    layers: &[StoredLayer],
) -> Result<(), Fault> {
    for (parameter, names) in &entry.layers {
        let index = input_index(task, parameter)?;
        let found = &mut task.parameters[index];
        let member = match &found.data_type {
            DataType::MultiValue(member) => member,
            data_type => data_type,
        };
        if !member.is_feature_type() && !member.is_file_type() {
            let reason = format!("{} takes neither features nor files, so it has no layers", found.name);
            return Err((parameter.span(), reason));
        }
        if names.get_ref().is_empty() {
            return Err((names.span(), "a list of layers must not be empty".to_owned()));
        }
        let mut choices = Vec::with_capacity(names.get_ref().len());
        for name in names.get_ref() {
            let Some(layer) = layers.iter().find(|layer| layer.name == *name) else {
                let known: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
                let reason = format!("there is no [[layer]] \"{name}\"; there are: {}", known.join(", "));
                return Err((names.span(), reason));
            };
            if layer.layer.is_some() && !member.is_feature_type() {
                let reason = format!(
                    "{} takes a whole file, and \"{name}\" is one layer of it; add a [[layer]] without layer",
                    found.name
                );
                return Err((names.span(), reason));
            }
            if choices.iter().any(|choice: &Cow<'static, str>| *choice == layer.name) {
                return Err((names.span(), format!("\"{name}\" is listed twice")));
            }
            choices.push(Cow::Owned(layer.name.clone()));
        }
        if found.default != Value::Null {
            let reason =
                format!("{} has a default that is in no list of layers; leave the default out", found.name);
            return Err((parameter.span(), reason));
        }
        found.choices = choices;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataFile, Inputs, Outputs, Published, RunContext, Service, Tool, ToolError, read_service};
    use gp_esri::FeatureSet;

    struct Count;

    #[derive(Inputs)]
    struct CountInputs {
        /// What is counted.
        features: FeatureSet,
        /// From where.
        #[parameter(default = 0)]
        start: i64,
        /// What it came from.
        source: Option<DataFile>,
        /// What is counted without being asked.
        #[parameter(default = FeatureSet::default())]
        given: FeatureSet,
    }

    #[derive(Outputs)]
    struct CountOutputs {
        /// How many.
        number: i64,
    }

    impl Tool for Count {
        const NAME: &'static str = "Count";
        const DESCRIPTION: &'static str = "Counts.";
        const TOOLSET: &'static str = "Samples";
        type Inputs = CountInputs;
        type Outputs = CountOutputs;

        fn run(inputs: CountInputs, _: &RunContext) -> Result<CountOutputs, ToolError> {
            let count = inputs.features.features.len() + inputs.given.features.len();
            Ok(CountOutputs { number: inputs.start + count as i64 + i64::from(inputs.source.is_some()) })
        }
    }

    fn read(rest: &str) -> Result<Service, String> {
        static COUNT: Published<Count> = Published::new();
        let head = "name = \"S\"\nexecution_type = \"synchronous\"\nmaximum_records = 10\ntime_limit_s = 5\n";
        read_service("s.toml", &format!("{head}{rest}"), &[&COUNT]).map_err(|error| error.to_string())
    }

    const ROADS: &str = "[[layer]]\nname = \"Roads\"\nfile = \"roads.gpkg\"\nlayer = \"main\"\n";

    #[test]
    fn a_parameter_offers_the_layers_that_its_task_names() {
        let parks = "[[layer]]\nname = \"Parks\"\nurl = \"https://gis.example.org/FeatureServer/0\"\n";
        let task = "[[task]]\ntool = \"Count\"\n[task.layers]\nFeatures = [\"Parks\", \"Roads\"]\n";
        let service = read(&format!("{ROADS}{parks}{task}")).unwrap_or_else(|error| panic!("{error}"));
        let [roads, parks] = &service.layers[..] else { panic!("{:?}", service.layers) };
        assert_eq!(
            (&roads.place, roads.layer.as_deref()),
            (&LayerPlace::File("roads.gpkg".into()), Some("main"))
        );
        assert_eq!(parks.place, LayerPlace::Url("https://gis.example.org/FeatureServer/0".to_owned()));
        let inputs = service.tasks[0].inputs();
        assert_eq!(inputs[0].choices, ["Parks", "Roads"]);
        assert!(inputs[1].choices.is_empty());
    }

    #[test]
    fn a_wrong_layer_is_refused_with_line_and_reason() {
        let layer =
            |text: &str| read(&format!("[[layer]]\n{text}\n[[task]]\ntool = \"Count\"\n")).err().unwrap();
        for (text, expected) in [
            ("name = \"A\"", "s.toml:6: the layer \"A\" needs either file or url"),
            ("name = \"A\"\nfile = \"a\"\nurl = \"https://a\"", "s.toml:6: the layer \"A\" needs either"),
            ("name = \"A\"\nurl = \"a.gpkg\"", "s.toml:7: the url of a layer must begin with http://"),
            ("name = \"A,B\"\nfile = \"a\"", "s.toml:6: \"A,B\" is no layer name"),
            ("name = \"\"\nfile = \"a\"", "s.toml:6: \"\" is no layer name"),
            ("name = \"null\"\nfile = \"a\"", "s.toml:6: a request that says null means no layer"),
            ("name = \"A\"\npath = \"a\"", "s.toml:7: unknown field `path`"),
        ] {
            assert!(layer(text).starts_with(expected), "{text}: {}", layer(text));
        }
        let again = ROADS.replace("Roads", "roads");
        let refusal = read(&format!("{ROADS}{again}[[task]]\ntool = \"Count\"\n")).err().unwrap();
        assert!(refusal.starts_with("s.toml:10: the layer \"roads\" is listed twice"), "{refusal}");
        let task = |line: &str| {
            read(&format!("{ROADS}[[task]]\ntool = \"Count\"\n[task.layers]\n{line}\n")).err().unwrap()
        };
        assert_eq!(
            task("Features = [\"Lakes\"]"),
            "s.toml:12: there is no [[layer]] \"Lakes\"; there are: Roads"
        );
        assert!(task("Features = []").starts_with("s.toml:12: a list of layers must not be empty"));
        assert!(task("Start = [\"Roads\"]").starts_with("s.toml:12: Start takes neither features nor files"));
        assert!(task("Source = [\"Roads\"]").starts_with("s.toml:12: Source takes a whole file"));
        assert!(
            task("Features = [\"Roads\", \"Roads\"]").starts_with("s.toml:12: \"Roads\" is listed twice")
        );
        assert!(task("Given = [\"Roads\"]").starts_with("s.toml:12: Given has a default"));
        assert!(task("Size = [\"Roads\"]").starts_with("s.toml:12: \"Size\" is no input of Count"));
    }
}
