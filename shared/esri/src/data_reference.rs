//! A value that names data instead of holding it: a layer or a file by its URL, an upload by its item id (specification
//! 2.7, forms 4 to 7; 2.9).

use crate::json::{JsonError, Kind, Reader};
use crate::{ReadError, lenient};
use std::fmt;

/// `{"url":"…","filter":"…","time":"…","token":"…"}` or `{"itemID":"…"}`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DataReference {
    /// Where the data is; empty when an item is named.
    pub url: String,
    /// The upload; empty when a URL is named.
    pub item_id: String,
    /// Which features: a where clause.
    pub filter: Option<String>,
    /// When: milliseconds since 1970, or `start,end` with `null` for an open end.
    pub time: Option<String>,
    /// What lets us in: `token`, or `serviceToken` as the spatial analysis tasks spell it.
    pub token: Option<String>,
    /// The format of a file, such as `tif`, where its name does not say it.
    pub format: Option<String>,
    /// The layer of a file that holds several.
    pub layer: Option<String>,
}

impl DataReference {
    /// Reads a reference. `None` where nothing is named: `{}`, `{"url":""}` (specification 2.7), `null`, or an object that
    /// holds its data itself.
    ///
    /// # Errors
    /// The text is no JSON, or a member has the wrong kind.
    pub fn from_text(text: &str, max_depth: usize) -> Result<Option<DataReference>, ReadError> {
        match read(text, max_depth) {
            Err(error @ ReadError::Json { source: JsonError::Syntax { .. }, .. }) => {
                lenient::to_json(text).map_or(Err(error), |strict| read(&strict, max_depth))
            }
            result => result,
        }
    }
}

/// Without the token, which must not come into a log.
impl fmt::Debug for DataReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.item_id.is_empty() { "a URL" } else { "an upload" };
        write!(formatter, "DataReference({kind})")
    }
}

fn read(text: &str, max_depth: usize) -> Result<Option<DataReference>, ReadError> {
    let mut reader = Reader::new(text, max_depth);
    if reader.peek()? != Kind::Object {
        return Ok(None);
    }
    let mut found = DataReference::default();
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        let key = key.into_owned();
        let member = match key.as_str() {
            "url" => &mut found.url,
            "itemID" | "itemId" => &mut found.item_id,
            "filter" | "where" => found.filter.get_or_insert_default(),
            "time" => found.time.get_or_insert_default(),
            "token" | "serviceToken" => found.token.get_or_insert_default(),
            "format" => found.format.get_or_insert_default(),
            "layer" => found.layer.get_or_insert_default(),
            _ => {
                reader.skip_value()?;
                continue;
            }
        };
        match reader.peek()? {
            Kind::Null => reader.null()?,
            Kind::String => *member = reader.string()?.trim().to_owned(),
            Kind::Number if key == "time" => *member = reader.raw_value()?.to_owned(),
            _ => return Err(ReadError::invalid(format!("{key} must be a text"))),
        }
    }
    reader.end()?;
    for member in [&mut found.filter, &mut found.time, &mut found.token, &mut found.format, &mut found.layer]
    {
        member.take_if(|text| text.is_empty());
    }
    Ok((!found.url.is_empty() || !found.item_id.is_empty()).then_some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<DataReference> {
        DataReference::from_text(text, 16).unwrap()
    }

    #[test]
    fn a_layer_is_named_with_filter_time_and_token_in_either_spelling() {
        for key in ["token", "serviceToken"] {
            let text = format!(
                r#"{{"url":"https://h/FeatureServer/0","filter":"POP>5","time":"1,null","{key}":"abc","name":{{"x":[1]}}}}"#
            );
            let found = read(&text).unwrap();
            assert_eq!(found.url, "https://h/FeatureServer/0");
            assert_eq!((found.filter.as_deref(), found.time.as_deref()), (Some("POP>5"), Some("1,null")));
            assert_eq!(found.token.as_deref(), Some("abc"));
            assert!(!format!("{found:?}").contains("abc"));
        }
        assert_eq!(
            read(r#"{"url":"u","time":1577836800000}"#).unwrap().time.as_deref(),
            Some("1577836800000")
        );
    }

    #[test]
    fn python_leaves_what_is_not_given_empty() {
        for text in
            [r#"{"url": ""}"#, "{}", "null", r#"{"url":null}"#, "[]", r#"{"features":[]}"#, "{'url': ''}"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("{'itemID': 'i1', 'filter': None}").unwrap().item_id, "i1");
    }

    #[test]
    fn a_member_of_the_wrong_kind_is_named() {
        let error = DataReference::from_text(r#"{"url":["a"]}"#, 16).unwrap_err();
        assert!(error.to_string().contains("url must be a text"), "{error}");
        assert!(DataReference::from_text(r#"{"url":"#, 16).is_err());
    }
}
