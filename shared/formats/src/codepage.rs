//! Code pages: what the bytes of old texts mean.
//!
//! Separate because names in zip archives and texts in dBASE tables have them alike. Only bytes and names of encodings are
//! known here, no file. Nothing fails: a byte that means nothing becomes the replacement character.

use encoding_rs::Encoding;
use std::borrow::Cow;

/// What the bytes of a text mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CodePage {
    /// The first PC; what zip archives have where they do not say UTF-8.
    Cp437,
    /// The PC of western Europe.
    Cp850,
    /// Any that the web knows.
    Web(&'static Encoding),
    /// Nobody said: UTF-8 where the bytes are, else Windows-1252. Texts of that code page that are valid UTF-8 by chance are
    /// hardly ever words.
    Unknown,
}

/// Bytes from 128 on.
const CP437: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ\
    áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
    αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
const CP850: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ\
    áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
    └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀\
    ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// Language driver of a dBASE table (byte 29 of its header) and the number of the code page.
const LANGUAGE_DRIVERS: &[(u8, u16)] = &[
    (1, 437),
    (2, 850),
    (3, 1252),
    (4, 10000),
    (10, 850),
    (11, 437),
    (13, 437),
    (14, 850),
    (15, 437),
    (16, 850),
    (17, 437),
    (18, 850),
    (19, 932),
    (20, 850),
    (21, 437),
    (22, 850),
    (24, 437),
    (25, 437),
    (26, 850),
    (27, 437),
    (29, 850),
    (37, 850),
    (38, 866),
    (55, 850),
    (77, 936),
    (78, 949),
    (79, 950),
    (80, 874),
    (87, 1252),
    (88, 1252),
    (89, 1252),
    (101, 866),
    (120, 950),
    (121, 949),
    (122, 936),
    (123, 932),
    (124, 874),
    (150, 10007),
    (200, 1250),
    (201, 1251),
    (202, 1254),
    (203, 1253),
    (204, 1257),
];

impl CodePage {
    /// The code page of a language driver.
    pub(crate) fn of_language_driver(driver: u8) -> Option<CodePage> {
        let (_, number) = LANGUAGE_DRIVERS.iter().find(|(known, _)| *known == driver)?;
        CodePage::of_number(*number)
    }

    /// The code page of a name as it stands in `.cpg` files: `UTF-8`, `1252`, `ANSI 1252`, `ISO 88591`, `LDID/87`.
    pub(crate) fn of_name(name: &str) -> Option<CodePage> {
        let name = name.trim();
        let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let letters = letters.to_ascii_uppercase();
        if let Some(driver) = letters.strip_prefix("LDID") {
            return CodePage::of_language_driver(driver.parse().ok()?);
        }
        let digits = ["WINDOWS", "ANSI", "CP", "OEM", "IBM", "MS", "ISO"]
            .iter()
            .find_map(|prefix| letters.strip_prefix(prefix))
            .unwrap_or(&letters);
        if let Some(part) = digits.strip_prefix("8859").filter(|part| !part.is_empty()) {
            return web(&format!("iso-8859-{part}"));
        }
        match digits.parse() {
            Ok(number) => CodePage::of_number(number),
            Err(_) => web(name).or_else(|| web(&letters)),
        }
    }

    fn of_number(number: u16) -> Option<CodePage> {
        match number {
            437 => Some(CodePage::Cp437),
            850 | 858 => Some(CodePage::Cp850),
            866 => web("ibm866"),
            932 => web("shift_jis"),
            936 => web("gbk"),
            949 => web("euc-kr"),
            950 => web("big5"),
            874 | 1250..=1258 => web(&format!("windows-{number}")),
            10000 => web("macintosh"),
            10007 => web("x-mac-cyrillic"),
            20127 => web("windows-1252"),
            54936 => web("gb18030"),
            65001 => web("utf-8"),
            _ => None,
        }
    }

    /// The text of bytes.
    pub(crate) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            CodePage::Cp437 => by_table(bytes, CP437),
            CodePage::Cp850 => by_table(bytes, CP850),
            CodePage::Web(encoding) => encoding.decode_without_bom_handling(bytes).0,
            CodePage::Unknown => match std::str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
            },
        }
    }
}

fn web(label: &str) -> Option<CodePage> {
    // Two bytes a character is nothing that a table of fixed fields of ASCII can have.
    Encoding::for_label_no_replacement(label.as_bytes())
        .filter(|encoding| encoding.is_ascii_compatible())
        .map(CodePage::Web)
}

fn by_table<'a>(bytes: &'a [u8], table: &str) -> Cow<'a, str> {
    if bytes.is_ascii() {
        return String::from_utf8_lossy(bytes);
    }
    let table: Vec<char> = table.chars().collect();
    let char = |byte: &u8| match byte.checked_sub(128) {
        Some(high) => table.get(usize::from(high)).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
        None => char::from(*byte),
    };
    Cow::Owned(bytes.iter().map(char).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_programs_write_into_cpg_files_are_known() {
        for name in ["UTF-8", "utf8", "65001", " UTF-8\r\n"] {
            assert_eq!(CodePage::of_name(name), Some(CodePage::Web(encoding_rs::UTF_8)), "{name}");
        }
        for name in
            ["1252", "ANSI 1252", "CP1252", "windows-1252", "ISO-8859-1", "88591", "LDID/87", "ISO 8859-1"]
        {
            assert_eq!(CodePage::of_name(name), Some(CodePage::Web(encoding_rs::WINDOWS_1252)), "{name}");
        }
        assert_eq!(CodePage::of_name("ISO-8859-15"), Some(CodePage::Web(encoding_rs::ISO_8859_15)));
        assert_eq!(CodePage::of_name("OEM 850"), Some(CodePage::Cp850));
        assert_eq!(CodePage::of_name("SJIS"), Some(CodePage::Web(encoding_rs::SHIFT_JIS)));
        for name in ["", "UTF-16", "852", "klingon"] {
            assert_eq!(CodePage::of_name(name), None, "{name}");
        }
    }

    #[test]
    fn tables_have_a_character_for_every_byte() {
        for (table, page) in [(CP437, CodePage::Cp437), (CP850, CodePage::Cp850)] {
            assert_eq!(table.chars().count(), 128);
            assert!(!page.decode(&(0..=255).collect::<Vec<u8>>()).contains(char::REPLACEMENT_CHARACTER));
        }
        assert_eq!(CodePage::Cp437.decode(b"Gr\x94\xe1e"), "Größe");
        assert_eq!(CodePage::Cp850.decode(b"\xb5\xe0"), "ÁÓ");
    }

    #[test]
    fn bytes_of_an_unknown_code_page_are_utf_8_or_windows_1252() {
        assert_eq!(CodePage::Unknown.decode("Größe".as_bytes()), "Größe");
        assert_eq!(CodePage::Unknown.decode(b"Gr\xf6\xdfe \x80"), "Größe €");
    }
}
