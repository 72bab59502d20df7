//! The task resource: its description, with every parameter's (specification 1.7, 2.1, 2.2).

use crate::Rest;
use crate::error::{Failure, task_not_found};
use crate::json;
use crate::resource::TaskPath;
use crate::response::Reply;
use gp_core::{
    DataType, Direction, Filter, Parameter, ParameterInfo, PublishedTask, RecordSet, RenderOptions,
    Requirement, Service,
};
use gp_core::{Value, path_segment, render_value};
use gp_esri::json::{write_f64, write_string};
use gp_esri::{FeatureSet, Field, FieldType, GeometryType, SpatialReference};
use http::request::Parts;
use std::borrow::Cow;

/// A task's description, but for the URL in its middle, which depends on how the client sees the server.
pub(crate) struct TaskPage {
    before_url: Vec<u8>,
    /// From below the context on: `/rest/services/…`.
    path: String,
    after_url: Vec<u8>,
}

/// Writes the reply of a task.
pub(crate) fn task_page(service: &Service, task: &PublishedTask) -> TaskPage {
    let mut before_url = b"{".to_vec();
    json::text(&mut before_url, "name", &task.name);
    json::text(&mut before_url, "displayName", &task.display_name);
    json::text(&mut before_url, "description", &task.description);
    json::text(&mut before_url, "category", "");
    json::key(&mut before_url, "helpUrl");
    let mut after_url = b",".to_vec();
    write_string(&mut after_url, "executionType");
    after_url.push(b':');
    write_string(&mut after_url, service.execution_type.wire_name());
    json::raw(&mut after_url, "parameters", b"[");
    for parameter in &task.parameters {
        json::separate(&mut after_url);
        write_parameter(&mut after_url, parameter);
    }
    after_url.extend_from_slice(b"]}");
    let service_path: Vec<String> = service.name.as_str().split('/').map(path_segment).collect();
    let path = format!("/rest/services/{}/GPServer/{}", service_path.join("/"), path_segment(&task.name));
    TaskPage { before_url, path, after_url }
}

/// The task.
pub(crate) fn show(rest: &Rest, path: &TaskPath, request: &Parts) -> Result<Reply, Failure> {
    let (service, page) = rest.service(&path.service)?;
    let index = service.tasks.iter().position(|task| task.name == path.task);
    let page = index.and_then(|index| page.tasks.get(index));
    let page = page.ok_or_else(|| task_not_found(&path.service, &path.task))?;
    let url = format!("{}{}", rest.base_url(request), page.path);
    let mut out = Vec::with_capacity(page.before_url.len() + url.len() + page.after_url.len() + 8);
    out.extend_from_slice(&page.before_url);
    write_string(&mut out, &url);
    out.extend_from_slice(&page.after_url);
    Ok(Reply::stable(out))
}

fn write_parameter(out: &mut Vec<u8>, parameter: &Parameter) {
    out.push(b'{');
    json::text(out, "name", &parameter.name);
    json::text(out, "dataType", &parameter.data_type.wire_name());
    json::text(out, "displayName", &parameter.display_name);
    json::text(out, "description", &parameter.description);
    let direction = match parameter.direction {
        Direction::Input => "esriGPParameterDirectionInput",
        Direction::Output => "esriGPParameterDirectionOutput",
    };
    json::text(out, "direction", direction);
    json::raw(out, "defaultValue", &default_json(parameter));
    let requirement = match parameter.requirement {
        Requirement::Required => "esriGPParameterTypeRequired",
        Requirement::Optional => "esriGPParameterTypeOptional",
        Requirement::Derived => "esriGPParameterTypeDerived",
    };
    json::text(out, "parameterType", requirement);
    json::text(out, "category", &parameter.category);
    if let Some(other) = &parameter.dependency {
        json::text(out, "dependency", other);
    }
    write_restrictions(out, &parameter.choices, parameter.filter.as_ref());
    write_infos(out, parameter);
    out.push(b'}');
}

fn write_restrictions(out: &mut Vec<u8>, choices: &[Cow<'static, str>], filter: Option<&Filter>) {
    if !choices.is_empty() {
        json::texts(out, "choiceList", choices);
    }
    if let Some(filter) = filter {
        json::key(out, "filter");
        write_filter(out, filter);
    }
}

/// What the parts of a value are: columns, members, or the one kind of a list's values, which has no name.
fn write_infos(out: &mut Vec<u8>, parameter: &Parameter) {
    let DataType::MultiValue(member) = &parameter.data_type else {
        if !parameter.infos.is_empty() {
            json::key(out, "parameterInfos");
            write_parts(out, &parameter.infos);
        }
        return;
    };
    json::raw(out, "parameterInfos", b"[{");
    json::text(out, "name", "");
    json::text(out, "dataType", &member.wire_name());
    json::text(out, "displayName", "");
    write_restrictions(out, &parameter.choices, parameter.filter.as_ref());
    if !parameter.infos.is_empty() {
        json::key(out, "parameterInfos");
        write_parts(out, &parameter.infos);
    }
    out.extend_from_slice(b"}]");
}

fn write_parts(out: &mut Vec<u8>, infos: &[ParameterInfo]) {
    out.push(b'[');
    for info in infos {
        json::separate(out);
        out.push(b'{');
        json::text(out, "name", &info.name);
        json::text(out, "dataType", &info.data_type.wire_name());
        json::text(out, "displayName", &info.display_name);
        write_restrictions(out, &info.choices, info.filter.as_ref());
        out.push(b'}');
    }
    out.push(b']');
}

/// The default, or an empty set that shows the schema (specification 2.3).
///
/// An optional feature input has null: clients send defaults back as they are, and an empty set is not "not given".
fn default_json(parameter: &Parameter) -> Vec<u8> {
    let options = RenderOptions::default();
    let is_output = parameter.direction == Direction::Output;
    let shows_schema = is_output || parameter.requirement == Requirement::Required;
    let value = match (&parameter.default, &parameter.data_type) {
        (Value::Null, DataType::FeatureRecordSetLayer) if shows_schema => {
            Value::FeatureSet(schema(parameter))
        }
        (Value::Null, DataType::RecordSet) if shows_schema => Value::RecordSet(RecordSet(table_schema())),
        (Value::Null, _) if !is_output => return b"null".to_vec(),
        (given, _) => given.clone(),
    };
    render_value(parameter, &value, &options)
}

fn schema(parameter: &Parameter) -> FeatureSet {
    let geometry_type = match &parameter.filter {
        Some(Filter::FeatureClass(types)) => types.first().copied(),
        _ => None,
    };
    FeatureSet {
        geometry_type: geometry_type.or(Some(GeometryType::Polygon)),
        spatial_reference: Some(SpatialReference::from_wkid(4326)),
        ..table_schema()
    }
}

fn table_schema() -> FeatureSet {
    FeatureSet { fields: vec![Field::new("OBJECTID", FieldType::Oid)], ..FeatureSet::default() }
}

fn write_filter(out: &mut Vec<u8>, filter: &Filter) {
    out.push(b'{');
    match filter {
        Filter::Range { minimum, maximum } => {
            json::text(out, "type", "range");
            json::key(out, "minimum");
            write_f64(out, *minimum);
            json::key(out, "maximum");
            write_f64(out, *maximum);
        }
        Filter::FeatureClass(types) => {
            json::text(out, "type", "featureClass");
            json::texts(out, "list", &types.iter().map(|one| one.name()).collect::<Vec<_>>());
        }
        Filter::File(extensions) => {
            json::text(out, "type", "file");
            json::texts(out, "list", extensions);
        }
        Filter::Field(types) => {
            json::text(out, "type", "field");
            json::texts(out, "list", &types.iter().map(|one| one.name()).collect::<Vec<_>>());
        }
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_esri::GeometryType;

    #[test]
    fn filters_are_published_in_the_forms_of_their_types() {
        for (filter, expected) in [
            (Filter::Range { minimum: 0.0, maximum: 1.5 }, r#"{"type":"range","minimum":0,"maximum":1.5}"#),
            (
                Filter::FeatureClass(vec![GeometryType::Point, GeometryType::Polygon]),
                r#"{"type":"featureClass","list":["esriGeometryPoint","esriGeometryPolygon"]}"#,
            ),
            (Filter::File(vec!["tif".into(), "zip".into()]), r#"{"type":"file","list":["tif","zip"]}"#),
            (Filter::Field(vec![FieldType::Date]), r#"{"type":"field","list":["esriFieldTypeDate"]}"#),
        ] {
            let mut out = Vec::new();
            write_filter(&mut out, &filter);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
