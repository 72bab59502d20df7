//! `f`: the formats that each resource answers in (specification 1.2, 1.8-1.11, 3.3).
//!
//! Separate from `response.rs`, which gives JSON its shape: which formats there are is the resource's matter.

use crate::resource::Resource;
use gp_core::{Parameters, RequestError};
use gp_formats::Format;

/// What a request asks for with `f`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplyFormat {
    /// `json`
    Json,
    /// `pjson`; until there are pages also `html`.
    IndentedJson,
    /// Features in another format.
    Features(Format),
}

const FORMATS: &[(&str, ReplyFormat)] = &[
    ("json", ReplyFormat::Json),
    ("pjson", ReplyFormat::IndentedJson),
    ("html", ReplyFormat::IndentedJson),
    ("geojson", ReplyFormat::Features(Format::GeoJson)),
    ("kmz", ReplyFormat::Features(Format::Kmz)),
    ("pbf", ReplyFormat::Features(Format::EsriPbf)),
];

impl ReplyFormat {
    /// The format asked for; `None` for one that no resource has.
    pub(crate) fn asked(parameters: &Parameters) -> Option<ReplyFormat> {
        let name = asked_name(parameters);
        FORMATS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, format)| *format)
    }

    /// The format of features asked for, when they are not to be JSON.
    pub(crate) fn of_features(parameters: &Parameters) -> Option<Format> {
        match ReplyFormat::asked(parameters) {
            Some(ReplyFormat::Features(format)) => Some(format),
            _ => None,
        }
    }
}

/// The name that `f` has for a format of features.
pub(crate) fn name_of(format: Format) -> &'static str {
    let found = FORMATS.iter().find(|(_, known)| *known == ReplyFormat::Features(format));
    found.map_or("json", |(name, _)| name)
}

/// Checks that the resource answers in the format asked for.
///
/// # Errors
/// Code 400 that lists the formats there are; also for a callback around what is no text.
pub(crate) fn check(parameters: &Parameters, resource: Option<&Resource>) -> Result<(), RequestError> {
    let offered = offered(resource);
    let name = asked_name(parameters);
    if !offered.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        let shown: String = name.chars().take(40).collect();
        let (last, others) = offered.split_last().unwrap_or((&"json", &[]));
        let mut details = vec![format!(
            "f: the format {shown:?} is not available here; use {} or {last}",
            others.join(", ")
        )];
        if matches!(resource, Some(Resource::Job(_) | Resource::Results(_)))
            && ReplyFormat::of_features(parameters).is_some()
        {
            let name = name.to_ascii_lowercase();
            details.push(format!(
                "a job may have several results: ask the one that is wanted, results/<parameter>?f={name}"
            ));
        }
        return Err(RequestError { code: 400, message: "Invalid format".into(), details });
    }
    let is_binary =
        matches!(ReplyFormat::asked(parameters), Some(ReplyFormat::Features(Format::Kmz | Format::EsriPbf)))
            && !matches!(resource, Some(Resource::SubmitJob(_)));
    if is_binary && parameters.get("callback").is_some() {
        let detail =
            format!("callback: {name} is no text that a script could hold; use f=json or leave it out");
        return Err(RequestError::invalid(detail));
    }
    Ok(())
}

/// What `f` says, without the quotes that R clients put around it.
fn asked_name(parameters: &Parameters) -> &str {
    parameters.get("f").unwrap_or("json").trim_matches(['"', '\'', ' '])
}

fn offered(resource: Option<&Resource>) -> &'static [&'static str] {
    match resource {
        // The reply of submitJob is the job, which is JSON whatever the format of its results will be.
        Some(Resource::Execute(_) | Resource::SubmitJob(_)) => &["json", "pjson", "html", "geojson", "kmz"],
        Some(Resource::Input(..)) => &["json", "pjson", "html", "kmz"],
        Some(Resource::Result(..)) => &["json", "pjson", "html", "geojson", "kmz", "pbf"],
        _ => &["json", "pjson", "html"],
    }
}
