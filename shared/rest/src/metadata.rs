//! What is neither JSON nor asked for by people: the XML metadata of services and tasks, and a service's thumbnail
//! (specification 1.1, 1.6, 1.7). Catalog clients fetch them and only need them to be well-formed.

use crate::Rest;
use crate::error::Failure;
use crate::resource::TaskPath;
use crate::response::Reply;
use gp_core::{Direction, Parameter, Requirement, ServiceName};

/// A PNG of one transparent pixel.
const THUMBNAIL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x04\0\0\0\xb5\x1c\x0c\x02\0\0\0\x0bIDATx\xdac``\0\0\0\x03\0\x01+\x09M\x84\0\0\0\0IEND\xaeB`\x82";

const XML: &str = "text/xml;charset=utf-8";

/// `info/thumbnail` of a service.
pub(crate) fn show_thumbnail(rest: &Rest, name: &ServiceName) -> Result<Reply, Failure> {
    rest.service(name)?;
    Ok(Reply::file("image/png", THUMBNAIL))
}

/// `info/metadata` of a service.
pub(crate) fn show_service(rest: &Rest, name: &ServiceName) -> Result<Reply, Failure> {
    let (service, _) = rest.service(name)?;
    let mut out = start();
    write_description(&mut out, service.name.base_name(), &service.description);
    out.push_str("</metadata>");
    Ok(Reply::file(XML, out))
}

/// `metadata` of a task.
pub(crate) fn show_task(rest: &Rest, path: &TaskPath) -> Result<Reply, Failure> {
    let (_, task) = rest.task(path)?;
    let mut out = start();
    write_description(&mut out, &task.display_name, &task.description);
    out.push_str("<tool");
    write_attribute(&mut out, "name", &task.name);
    write_attribute(&mut out, "displayname", &task.display_name);
    out.push_str("><parameters>");
    task.parameters.iter().for_each(|parameter| write_parameter(&mut out, parameter));
    out.push_str("</parameters>");
    write_element(&mut out, "summary", &task.description);
    out.push_str("</tool></metadata>");
    Ok(Reply::file(XML, out))
}

fn start() -> String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><metadata xml:lang=\"en\">\
     <Esri><ArcGISFormat>1.0</ArcGISFormat></Esri>"
        .to_owned()
}

fn write_description(out: &mut String, title: &str, description: &str) {
    out.push_str("<dataIdInfo><idCitation>");
    write_element(out, "resTitle", title);
    out.push_str("</idCitation>");
    write_element(out, "idAbs", description);
    out.push_str("</dataIdInfo>");
}

fn write_parameter(out: &mut String, parameter: &Parameter) {
    let direction = match parameter.direction {
        Direction::Input => "Input",
        Direction::Output => "Output",
    };
    let requirement = match parameter.requirement {
        Requirement::Required => "Required",
        Requirement::Optional => "Optional",
        Requirement::Derived => "Derived",
    };
    out.push_str("<param");
    write_attribute(out, "name", &parameter.name);
    write_attribute(out, "displayname", &parameter.display_name);
    write_attribute(out, "type", requirement);
    write_attribute(out, "direction", direction);
    write_attribute(out, "datatype", &parameter.data_type.wire_name());
    out.push('>');
    write_element(out, "dialogReference", &parameter.description);
    out.push_str("</param>");
}

fn write_element(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!("<{name}>"));
    write_text(out, text);
    out.push_str(&format!("</{name}>"));
}

fn write_attribute(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!(" {name}=\""));
    write_text(out, text);
    out.push('"');
}

/// Escaped; characters that XML cannot hold at all are left out.
fn write_text(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(letter),
            '\u{fffe}' | '\u{ffff}' | '\0'..' ' => {}
            _ => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_break_out_of_the_xml() {
        let mut out = String::new();
        write_element(&mut out, "a", "1 < 2 & \"x\" > \u{1}\u{ffff}\ny");
        assert_eq!(out, "<a>1 &lt; 2 &amp; &quot;x&quot; &gt; \ny</a>");
    }
}
