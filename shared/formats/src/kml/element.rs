//! XML as a tree of the elements that mean something, one placemark at a time.
//!
//! Separate from what the elements mean. quick-xml splits the text; here it is kept from nesting without end, and entities are
//! taken for what they are written as, so that none can be expanded or fetched.

use super::FORMAT;
use crate::FormatError;
use crate::text::shortened;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;

/// Deepest nesting; documents of people are ten deep.
const MAX_DEPTH: usize = 64;
/// Most elements of one placemark: an empty one is short in the file and long in memory.
const MAX_ELEMENTS: usize = 1_000_000;

/// The attributes that mean something; the others are not kept.
const ATTRIBUTES: &[&str] = &["name", "id", "type", "schemaUrl"];

/// An element with what is in it. Names are without their prefix.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(&'static str, String)>,
    /// All text directly in it.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

/// What comes next in a text.
pub(super) enum Step<'t> {
    Start(BytesStart<'t>),
    End,
    Text(Cow<'t, str>),
    Eof,
}

/// The text, from front to back.
pub(super) struct Xml<'t> {
    reader: Reader<&'t [u8]>,
    /// What is open.
    open: Vec<BytesStart<'t>>,
}

impl Element {
    fn of(start: &BytesStart<'_>) -> Element {
        let mut element = Element { name: start.local_name().as_ref().to_owned(), ..Element::default() };
        for attribute in start.attributes().with_checks(false).flatten() {
            let name = attribute.key.local_name().into_inner();
            let Some(key) = ATTRIBUTES.iter().copied().find(|key| *key == name) else { continue };
            if element.attribute(key).is_some() {
                continue;
            }
            let value = match attribute.normalized_value(XmlVersion::Implicit1_0) {
                Ok(value) => value.into_owned(),
                Err(_) => attribute.value.to_string(),
            };
            element.attributes.push((key, value));
        }
        element
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// The first element in it of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first element in it of that name.
    pub(super) fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }
}

impl<'t> Xml<'t> {
    pub(super) fn new(text: &'t str) -> Xml<'t> {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        // People write "Salt & Pepper".
        config.allow_dangling_amp = true;
        Xml { reader, open: Vec::new() }
    }

    /// The next element, end of one, or text; comments and declarations are passed over.
    pub(super) fn next(&mut self) -> Result<Step<'t>, FormatError> {
        loop {
            let event = self.reader.read_event().map_err(|error| {
                FormatError::malformed(FORMAT, format_args!("byte {}: {error}", self.reader.error_position()))
            })?;
            match event {
                Event::Start(start) => {
                    if self.open.len() >= MAX_DEPTH {
                        return Err(FormatError::malformed(
                            FORMAT,
                            format_args!("its elements are nested deeper than {MAX_DEPTH}"),
                        ));
                    }
                    // Borrowed from the text, so that nothing is copied.
                    self.open.push(start.clone());
                    return Ok(Step::Start(start));
                }
                Event::End(_) => {
                    self.open.pop();
                    return Ok(Step::End);
                }
                Event::Text(text) => return Ok(Step::Text(text.xml10_content())),
                Event::CData(text) => return Ok(Step::Text(text.xml10_content())),
                Event::GeneralRef(reference) => {
                    let letter = match reference.as_ref() {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => reference.resolve_char_ref().ok().flatten(),
                    };
                    let text = letter.map_or_else(|| format!("&{};", reference.as_ref()), String::from);
                    return Ok(Step::Text(Cow::Owned(text)));
                }
                Event::Eof => {
                    return match self.open.last() {
                        None => Ok(Step::Eof),
                        Some(start) => Err(FormatError::malformed(
                            FORMAT,
                            format_args!(
                                "it ends within an element {}: it was cut",
                                shortened(start.local_name().as_ref())
                            ),
                        )),
                    };
                }
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    /// The element whose start was read, to its end.
    pub(super) fn element(&mut self, start: &BytesStart<'_>) -> Result<Element, FormatError> {
        let mut open = vec![Element::of(start)];
        let mut count = 1;
        loop {
            match self.next()? {
                Step::Start(start) => {
                    count += 1;
                    if count > MAX_ELEMENTS {
                        return Err(FormatError::TooLarge(format!(
                            "a placemark holds more than {MAX_ELEMENTS} elements"
                        )));
                    }
                    open.push(Element::of(&start));
                }
                Step::Text(text) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Step::End => {
                    let Some(done) = open.pop() else { return Ok(Element::default()) };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
                Step::Eof => return Ok(Element::default()),
            }
        }
    }

    /// Passes over the element whose start was read.
    pub(super) fn skip(&mut self) -> Result<(), FormatError> {
        let outside = self.open.len().saturating_sub(1);
        while self.open.len() > outside {
            self.next()?;
        }
        Ok(())
    }
}
