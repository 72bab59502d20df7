//! Files of several layers: which of them is meant, and which a warning is about.

use crate::{FormatError, WriteLayer};

/// The position of the layer that was asked for, or of the only one.
pub(crate) fn chosen(names: Vec<String>, asked: Option<&str>) -> Result<usize, FormatError> {
    match (asked, names.len()) {
        (Some(asked), _) => {
            // Names may differ in nothing but their case.
            let exact = names.iter().position(|name| name == asked);
            let found =
                exact.or_else(|| names.iter().position(|name| name.to_lowercase() == asked.to_lowercase()));
            found.ok_or_else(|| FormatError::NoLayer { asked: asked.to_owned(), names })
        }
        (None, 1) => Ok(0),
        (None, _) => Err(FormatError::SeveralLayers { names }),
    }
}

/// Sentences about a layer, which name it where the file holds others beside it.
pub(crate) fn within_layer(layers: &[WriteLayer<'_>], name: &str, warnings: Vec<String>) -> Vec<String> {
    if layers.len() < 2 {
        return warnings;
    }
    warnings.into_iter().map(|warning| format!("{name}: {warning}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_found_by_its_name_whatever_the_case_and_alone_without_one() {
        let names = || vec!["roads".to_owned(), "Roads".to_owned(), "Straßen".to_owned()];
        assert_eq!(chosen(names(), Some("Roads")).unwrap(), 1);
        assert_eq!(chosen(names(), Some("STRAßEN")).unwrap(), 2);
        assert_eq!(chosen(vec!["a".to_owned()], None).unwrap(), 0);
        assert!(matches!(chosen(names(), None), Err(FormatError::SeveralLayers { .. })));
        assert!(matches!(chosen(names(), Some("x")), Err(FormatError::NoLayer { .. })));
    }
}
