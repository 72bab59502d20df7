//! Boxes and positions that a request gives as text or as the extent of features.

use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, Extent, FeatureSet, SpatialReference, Xy};
use gp_geometry::{Crs, Transform, project_envelope};

/// A box and what its coordinates mean.
#[derive(Clone, Debug)]
pub(crate) struct Area {
    pub(crate) envelope: Envelope,
    pub(crate) spatial_reference: Option<SpatialReference>,
}

/// The box that a request gives, either as features or as text: `xmin ymin xmax ymax`, or an Esri envelope as JSON.
/// `names` are the parameters of the features and of the text.
///
/// # Errors
/// Both are given, the text is no box, or the features have none.
pub(crate) fn read_area(
    features: Option<&FeatureSet>,
    text: Option<&str>,
    names: [&str; 2],
) -> Result<Option<Area>, ToolError> {
    let area = read_text(text.unwrap_or_default(), names[1])?;
    match (area, features) {
        (Some(_), Some(_)) => {
            Err(ToolError::invalid(names[1], format!("give this or {}, not both", names[0])))
        }
        (Some(area), None) => Ok(Some(area)),
        (None, None) => Ok(None),
        (None, Some(features)) => {
            let envelope = features.envelope();
            if envelope.is_empty() {
                return Err(ToolError::invalid(names[0], "the features have no geometry, so no extent"));
            }
            Ok(Some(Area { envelope, spatial_reference: features.spatial_reference.clone() }))
        }
    }
}

fn read_text(text: &str, parameter: &str) -> Result<Option<Area>, ToolError> {
    if text.trim_start().starts_with('{') {
        let extent =
            Extent::from_text(text).map_err(|error| ToolError::invalid(parameter, error.to_string()))?;
        return Ok(
            extent.map(|Extent { envelope, spatial_reference, .. }| Area { envelope, spatial_reference })
        );
    }
    if text.trim().is_empty() {
        return Ok(None);
    }
    let Some([xmin, ymin, xmax, ymax]) = numbers(text) else {
        return Err(ToolError::invalid(
            parameter,
            format!("{text:?} is no extent; write xmin ymin xmax ymax, as in 0 0 250 250"),
        ));
    };
    if xmin > xmax || ymin > ymax {
        return Err(ToolError::invalid(
            parameter,
            format!(
                "{text:?} is inside out: write xmin ymin xmax ymax; across the antimeridian xmax is above 180"
            ),
        ));
    }
    Ok(Some(Area { envelope: Envelope { xmin, ymin, xmax, ymax }, spatial_reference: None }))
}

/// A position: `x y`. `None` for empty text.
///
/// # Errors
/// The text is no position.
pub(crate) fn read_position(text: Option<&str>, parameter: &str) -> Result<Option<Xy>, ToolError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let position = numbers(text).ok_or_else(|| {
        ToolError::invalid(parameter, format!("{text:?} is no position; write x y, as in 10 20"))
    })?;
    Ok(Some(position))
}

/// Exactly so many finite numbers, with spaces, commas or semicolons between them.
fn numbers<const COUNT: usize>(text: &str) -> Option<[f64; COUNT]> {
    let words = text.split([' ', ',', ';', '\t']).filter(|word| !word.is_empty());
    let values: Vec<f64> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    let values: [f64; COUNT] = values.try_into().ok()?;
    values.iter().all(|value| value.is_finite()).then_some(values)
}

impl Area {
    /// The box around this one in another spatial reference. A box that has none is taken to be in it already, with a
    /// warning when `parameter` is that of features.
    ///
    /// # Errors
    /// [`ToolError::InvalidParameter`] naming `parameter` when there is no way, or no place, there.
    pub(crate) fn in_reference(
        &self,
        to: &SpatialReference,
        parameter: &str,
        context: &RunContext,
    ) -> Result<Envelope, ToolError> {
        let Some(from) = &self.spatial_reference else {
            context.message(
                gp_core::MessageLevel::Info,
                format!("{parameter}: the extent has no spatial reference; it is taken to be in that of the output"),
            );
            return Ok(self.envelope);
        };
        let wrong = |text: String| ToolError::invalid(parameter, text);
        let crs = |reference| Crs::new(reference).map_err(|error| wrong(error.to_string()));
        let transform = Transform::new(&crs(from)?, &crs(to)?).map_err(|error| wrong(error.to_string()))?;
        project_envelope(&self.envelope, &transform)
            .ok_or_else(|| wrong("the extent has no place in the spatial reference of the output".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extent_is_four_numbers_or_an_envelope() {
        for text in ["0 -1 2.5 3e2", "0,-1,2.5,300", "{\"xmin\":0,\"ymin\":-1,\"xmax\":2.5,\"ymax\":300}"] {
            let area = read_text(text, "Extent").unwrap().unwrap();
            assert_eq!(area.envelope, Envelope { xmin: 0.0, ymin: -1.0, xmax: 2.5, ymax: 300.0 }, "{text}");
        }
        assert!(read_text("  ", "Extent").unwrap().is_none());
        for text in ["1 2 3", "a b c d", "2 0 1 1", "0 0 1 inf", "1 2 3 4 5"] {
            assert!(read_text(text, "Extent").is_err(), "{text}");
        }
        assert_eq!(read_position(Some("1 -2"), "Origin").unwrap(), Some([1.0, -2.0]));
        assert!(read_position(Some("1"), "Origin").is_err());
    }
}
