//! Why a feature set or geometry could not be read, and where in it.

use crate::json::JsonError;

/// Why a feature set or geometry could not be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// Empty text, `null`, `{}` or `{"url":""}`: what clients send for an optional input that was left out.
    #[error("no features were given")]
    NotGiven,
    /// The features lie at a URL, which the reader does not fetch.
    #[error(
        "features by url ({}) are not supported here: send the features themselves",
        without_secrets(url)
    )]
    Url {
        /// The URL; may carry a token.
        url: String,
    },
    /// The features lie in an uploaded item, which the reader does not open.
    #[error("features by itemID ({item_id}) are not supported here: send the features themselves")]
    ItemId {
        /// The item.
        item_id: String,
    },
    /// The text is broken JSON, too deeply nested, or a member has the wrong kind.
    #[error("{}{source}", lead(place))]
    Json {
        /// Path to the member, such as `features[17].geometry.rings[0]`.
        place: String,
        /// What is wrong there.
        source: JsonError,
    },
    /// A member's value is not possible.
    #[error("{}{message}", lead(place))]
    Invalid {
        /// Path to the member, such as `features[17].attributes.POP`.
        place: String,
        /// What is wrong there.
        message: String,
    },
    /// More features than the limit.
    #[error("more than {max_features} features: send fewer at a time")]
    TooManyFeatures {
        /// The limit.
        max_features: usize,
    },
    /// More vertices than the limit.
    #[error("more than {max_vertices} vertices: send fewer features at a time or simplify them")]
    TooManyVertices {
        /// The limit.
        max_vertices: usize,
    },
    /// More attribute values (features times fields) than the limit.
    #[error("more than {max_values} attribute values (features times fields): send fewer features or fields")]
    TooManyValues {
        /// The limit.
        max_values: usize,
    },
    /// More bytes of texts than the limit.
    #[error("texts of more than {} MB: send fewer features or fields", max_text_bytes.div_ceil(1 << 20))]
    TooMuchText {
        /// The limit.
        max_text_bytes: usize,
    },
}

impl ReadError {
    /// A value that is not possible; the place is added on the way up.
    pub(crate) fn invalid(message: impl Into<String>) -> ReadError {
        ReadError::Invalid { place: String::new(), message: message.into() }
    }

    /// The same, inside `outer`.
    #[cold]
    pub(crate) fn within(mut self, outer: impl std::fmt::Display) -> ReadError {
        if let ReadError::Json { place, .. } | ReadError::Invalid { place, .. } = &mut self {
            let separator = if place.is_empty() || place.starts_with('[') { "" } else { "." };
            *place = format!("{outer}{separator}{place}");
        }
        self
    }
}

impl From<JsonError> for ReadError {
    fn from(source: JsonError) -> ReadError {
        ReadError::Json { place: String::new(), source }
    }
}

fn lead(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!("{place}: ") }
}

/// The URL without its query, where tokens travel, and without `user:password@`.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match url.split_once("//") {
        Some((scheme, rest)) => (format!("{scheme}//"), rest),
        None => (String::new(), url),
    };
    let (authority, path) = rest.split_at(rest.find(['/', '\\']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    crate::text::shortened(&format!("{scheme}{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_in_messages_lose_token_and_password() {
        for (url, shown) in [
            ("https://h/FeatureServer/0?token=secret", "https://h/FeatureServer/0"),
            ("https://user:secret@h:6443/a@b/0#x", "https://h:6443/a@b/0"),
            ("https://user:se@cret@h", "https://h"),
            ("//user:secret@h/0", "//h/0"),
            ("user:secret@h/0?x=1", "h/0"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }
}
