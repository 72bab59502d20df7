//! Pieces of users' text in messages.

/// Longest piece of a user's text that a message repeats, in characters.
const MAX_SHOWN: usize = 60;

/// The text, cut short for a message.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
