//! Text as it may stand in XML 1.0.

/// Writes texts, and counts those that cannot be written whole.
#[derive(Default)]
pub(super) struct XmlText {
    /// Texts with letters that XML cannot hold.
    pub(super) damaged: usize,
}

impl XmlText {
    /// Appends a text between tags or in double quotes. Control characters but tabs and line ends do not exist in XML and are
    /// left out; line ends are written as references because readers change them otherwise.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, text: &str) {
        let mut whole = true;
        let mut buffer = [0; 4];
        for letter in text.chars() {
            match letter {
                '&' => out.extend_from_slice(b"&amp;"),
                '<' => out.extend_from_slice(b"&lt;"),
                '>' => out.extend_from_slice(b"&gt;"),
                '"' => out.extend_from_slice(b"&quot;"),
                '\t' => out.extend_from_slice(b"&#9;"),
                '\n' => out.extend_from_slice(b"&#10;"),
                '\r' => out.extend_from_slice(b"&#13;"),
                '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => whole = false,
                other => out.extend_from_slice(other.encode_utf8(&mut buffer).as_bytes()),
            }
        }
        self.damaged += usize::from(!whole);
    }
}
