//! The raw parameters of a request: names and texts in the order in which they came, before anything is known of them.

/// Names with their texts; a name may come several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    entries: Vec<(String, String)>,
}

impl Parameters {
    /// Adds a text under a name.
    pub fn push(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.entries.push((name.into(), text.into()));
    }

    /// Every text under that name: matched exactly, else without regard to case (specification 0, rule 3).
    pub fn all(&self, name: &str) -> Vec<&str> {
        let matching = |matches: &dyn Fn(&str) -> bool| -> Vec<&str> {
            self.iter().filter(|(entry, _)| matches(entry)).map(|(_, text)| text).collect()
        };
        let exact = matching(&|entry| entry == name);
        if exact.is_empty() { matching(&|entry| entry.eq_ignore_ascii_case(name)) } else { exact }
    }

    /// The last text under that name that is not blank (specification 2.4, rule 4; 0, rule 4).
    pub fn get(&self, name: &str) -> Option<&str> {
        let last = |exact: bool| {
            self.entries.iter().rev().find_map(|(entry, text)| {
                let found = if exact { entry == name } else { entry.eq_ignore_ascii_case(name) };
                (found && !text.trim().is_empty()).then_some(text.as_str())
            })
        };
        last(true).or_else(|| last(false))
    }

    /// Names and texts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The bytes of all names and texts.
    pub fn byte_len(&self) -> usize {
        self.entries.iter().map(|(name, text)| name.len() + text.len()).sum()
    }

    /// Keeps the entries whose name passes.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.entries.retain(|(name, _)| keep(name));
    }

    /// The bytes that [`Parameters::decode`] reads: each name and text with its length before it.
    ///
    /// Not JSON, because the texts are megabytes of JSON already and would be escaped once more.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.byte_len() + 8 * self.entries.len());
        for text in self.entries.iter().flat_map(|(name, text)| [name, text]) {
            bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }

    /// Reads what [`Parameters::encode`] wrote; `None` when the bytes are something else.
    pub fn decode(mut bytes: &[u8]) -> Option<Parameters> {
        let mut parameters = Parameters::default();
        while !bytes.is_empty() {
            let name = take_text(&mut bytes)?;
            let text = take_text(&mut bytes)?;
            parameters.entries.push((name, text));
        }
        Some(parameters)
    }
}

impl<N: Into<String>, T: Into<String>> FromIterator<(N, T)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(entries: I) -> Parameters {
        Parameters { entries: entries.into_iter().map(|(name, text)| (name.into(), text.into())).collect() }
    }
}

fn take_text(bytes: &mut &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    let text = std::str::from_utf8(rest.get(..length)?).ok()?.to_owned();
    *bytes = rest.get(length..)?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_name_wins_over_one_in_another_case() {
        let parameters = Parameters::from_iter([("distance", "1"), ("Distance", "2")]);
        assert_eq!(parameters.get("Distance"), Some("2"));
        assert_eq!(parameters.get("distance"), Some("1"));
        assert_eq!(parameters.get("DISTANCE"), Some("2"));
    }

    #[test]
    fn a_blank_text_counts_as_not_given() {
        assert_eq!(Parameters::from_iter([("a", " ")]).get("a"), None);
    }

    #[test]
    fn what_was_encoded_is_decoded_and_anything_else_is_refused() {
        let parameters = Parameters::from_iter([("a", "ä\u{0}"), ("", ""), ("a", "[1]")]);
        let bytes = parameters.encode();
        assert_eq!(Parameters::decode(&bytes), Some(parameters));
        assert_eq!(Parameters::decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Parameters::decode(&[255, 255, 255, 255]), None);
    }
}
