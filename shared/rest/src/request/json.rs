//! A JSON object as a map of parameters: not part of the protocol, but what people try first (specification 1.2).

use super::form::too_many;
use gp_core::{Parameters, RequestError};
use gp_esri::json::{JsonError, Kind, Reader};

/// Appends the members of the object in `text`: texts as they are, null as not given, anything else as its JSON text.
///
/// # Errors
/// Code 400 when the text is no JSON object, is nested too deep, or has too many members.
pub(crate) fn read(
    text: &str,
    parameters: &mut Parameters,
    max_parameters: usize,
    max_depth: usize,
) -> Result<(), RequestError> {
    let mut count = parameters.iter().count();
    let bad = |error: JsonError| RequestError::bad(format!("the JSON body cannot be read: {error}"));
    let mut reader = Reader::new(text, max_depth);
    reader.begin_object().map_err(bad)?;
    while let Some(name) = reader.next_key().map_err(bad)? {
        count += 1;
        if count > max_parameters {
            return Err(too_many(max_parameters));
        }
        let value = match reader.peek().map_err(bad)? {
            Kind::String => reader.string().map_err(bad)?.into_owned(),
            Kind::Null => {
                reader.null().map_err(bad)?;
                String::new()
            }
            _ => reader.raw_value().map_err(bad)?.to_owned(),
        };
        parameters.push(name, value);
    }
    reader.end().map_err(bad)
}
