//! The parameters that belong to no task: spatial references, the extent, and how feature results are written
//! (specification 3). Precedence is that of 3.2.

use crate::{Parameters, RequestError};
use gp_esri::{Extent, SpatialReference};

/// What a request asks of every tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// The reference of feature outputs; `None` leaves them as the tool made them.
    pub output_sr: Option<SpatialReference>,
    /// The reference to compute in; `None` leaves it to the tool.
    pub processing_sr: Option<SpatialReference>,
    /// Only features that overlap this take part.
    pub extent: Option<Extent>,
    /// Whether invalid input geometry is repaired.
    pub simplify_features: bool,
    /// Milliseconds since 1970: what CURRENT_TIMESTAMP means in expressions.
    pub now_ms: i64,
}

impl Default for Environment {
    fn default() -> Environment {
        Environment { output_sr: None, processing_sr: None, extent: None, simplify_features: true, now_ms: 0 }
    }
}

/// The environment parameters that a job must remember besides those of its task.
pub(crate) const NAMES: &[&str] = &["context", "env:outSR", "env:processSR", "simplifyFeatures"];

impl Environment {
    /// Reads `context`, `env:outSR`, `env:processSR` and `simplifyFeatures`. Other `env:` names are ignored.
    ///
    /// # Errors
    /// Code 400 naming the parameter, when one of them cannot be read.
    pub fn read(parameters: &Parameters, now_ms: i64) -> Result<Environment, RequestError> {
        let context = match parameters.get("context") {
            Some(text) => Context::read(text)?,
            None => Context::default(),
        };
        let env = |name: &str| parameters.get(name).map(|text| read_sr(name, text)).transpose();
        let processing_sr = context.processing_sr.clone().or(env("env:processSR")?);
        Ok(Environment {
            output_sr: context
                .output_sr
                .or(env("env:outSR")?)
                .or(context.processing_sr)
                .or(processing_sr.clone()),
            processing_sr,
            extent: context.extent,
            simplify_features: read_flag(parameters, "simplifyFeatures")?.unwrap_or(true),
            now_ms,
        })
    }
}

/// Reads a boolean parameter of a request: `true`/`false` in any case, `1`/`0` (specification 0, rule 5).
///
/// # Errors
/// Code 400 naming the parameter and the text.
pub fn read_flag(parameters: &Parameters, name: &str) -> Result<Option<bool>, RequestError> {
    let Some(text) = parameters.get(name) else { return Ok(None) };
    crate::parse::read_boolean(text).map(Some).ok_or_else(|| {
        RequestError::invalid(format!(
            "{name}: \"{}\" is neither true nor false",
            crate::parse::shorten(text)
        ))
    })
}

/// Reads a spatial reference parameter: a wkid, or an object with wkid, latestWkid or wkt.
///
/// # Errors
/// Code 400 naming the parameter and the text.
pub fn read_sr(name: &str, text: &str) -> Result<SpatialReference, RequestError> {
    let wrong = |reason: String| RequestError::invalid(format!("{name}: {reason}"));
    let sr = SpatialReference::from_text(text).map_err(|error| wrong(error.to_string()))?;
    sr.ok_or_else(|| wrong("a spatial reference is required, such as 4326 or {\"wkid\":4326}".to_owned()))
}

/// The `context` parameter (10.6.1): every key may be null or missing.
#[derive(Default)]
struct Context {
    output_sr: Option<SpatialReference>,
    processing_sr: Option<SpatialReference>,
    extent: Option<Extent>,
}

impl Context {
    fn read(text: &str) -> Result<Context, RequestError> {
        let bad = |reason: String| RequestError::invalid(format!("context: {reason}"));
        let members = crate::parse::object_members(text).map_err(bad)?;
        let mut context = Context::default();
        for (key, raw) in &members {
            if raw == "null" || raw == "\"\"" {
                continue;
            }
            match key.as_str() {
                "outSR" => context.output_sr = Some(read_sr("context.outSR", raw)?),
                "processSR" => context.processing_sr = Some(read_sr("context.processSR", raw)?),
                "extent" => {
                    let extent = Extent::from_text(raw);
                    context.extent = extent.map_err(|error| bad(format!("extent: {error}")))?;
                }
                _ => {}
            }
        }
        Ok(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &[(&str, &str)]) -> Result<Environment, String> {
        let parameters = Parameters::from_iter(parameters.iter().copied());
        Environment::read(&parameters, 0).map_err(|error| error.details.join("|"))
    }

    fn code(sr: Option<SpatialReference>) -> Option<u32> {
        sr.and_then(|sr| sr.code())
    }

    #[test]
    fn the_output_reference_is_context_then_env_then_processing() {
        let all = [
            ("context", "{\"outSR\":2056,\"processSR\":25832}"),
            ("env:outSR", "3857"),
            ("env:processSR", "3035"),
        ];
        assert_eq!(code(read(&all).unwrap().output_sr), Some(2056));
        assert_eq!(code(read(&all[1..]).unwrap().output_sr), Some(3857));
        assert_eq!(code(read(&all[2..]).unwrap().output_sr), Some(3035));
        assert_eq!(
            code(read(&[("context", "{processSR:25832}"), ("env:processSR", "3035")]).unwrap().output_sr),
            Some(25832)
        );
        assert_eq!(read(&[]).unwrap(), Environment::default());
    }

    #[test]
    fn nulls_and_empty_texts_of_clients_are_nothing() {
        let context = "{\"extent\":null,\"outSR\":null,\"processSR\":null}";
        assert_eq!(read(&[("context", context), ("env:outSR", "")]).unwrap(), Environment::default());
    }

    #[test]
    fn a_wrong_environment_names_its_parameter() {
        assert!(read(&[("env:outSR", "abc")]).unwrap_err().starts_with("env:outSR: "));
        assert!(read(&[("context", "{\"outSR\":[]}")]).unwrap_err().starts_with("context.outSR: "));
        assert!(read(&[("context", "[1]")]).unwrap_err().starts_with("context: "));
        assert!(
            read(&[("simplifyFeatures", "maybe")])
                .unwrap_err()
                .contains("\"maybe\" is neither true nor false")
        );
    }

    #[test]
    fn an_extent_may_have_its_own_reference() {
        let context =
            "{\"extent\":{\"xmin\":0,\"ymin\":1,\"xmax\":2,\"ymax\":3,\"spatialReference\":{\"wkid\":4326}}}";
        let extent = read(&[("context", context)]).unwrap().extent.unwrap();
        assert_eq!((extent.envelope.ymax, code(extent.spatial_reference)), (3.0, Some(4326)));
    }
}
