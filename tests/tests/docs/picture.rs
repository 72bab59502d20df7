//! The picture of an example: on the left what goes in, on the right what comes out, as an SVG of a few kilobytes.
//!
//! Everything is drawn in whole units of half a pixel, so that machines whose arithmetic differs in the last digit draw
//! the same. Light and dark mode are told apart by the browser; the picture has a ground of its own in both.

use crate::draw::{Detail, Frame};
use crate::example::Example;
use crate::window::{stretch, window};
use anyhow::Result;
use gp_esri::{Attribute, Envelope, Feature, FeatureSet, FieldType, GeometryType};
use gp_geometry::{project_features, repair_features};
use std::fmt::Write as _;

/// No picture is as large.
pub(crate) const MOST_BYTES: usize = 40_000;
/// From fine to coarse, until the picture is small enough.
const DETAILS: &[(f64, usize)] =
    &[(0.8, 4000), (1.5, 3000), (2.5, 2000), (4.0, 1000), (6.0, 500), (8.0, 250)];
/// Units of half a pixel.
const WIDTH: i32 = 1600;
const GAP: i32 = 24;
const LINE: i32 = 44;
/// Shades of the output by a new column.
const SHADES: usize = 4;
/// The second part of a class: how shapes are drawn.
const AREA: &str = " area";
const LINES: &str = " line";
const DOT: &str = " dot";
/// The letters of the legend are so wide on average, with room for other fonts.
const LETTER: i32 = 15;

/// A tone: its class, then fill and stroke in light mode, fill and stroke in dark mode.
struct Tone(&'static str, [&'static str; 4]);

const INPUTS: [Tone; 4] = [
    Tone("a", ["#a9b8c6", "#62798d", "#5b6f82", "#93a9bd"]),
    Tone("b", ["#eebd6b", "#b06d12", "#9a6a1e", "#e3a94c"]),
    Tone("c", ["#cdb4db", "#7d5a9c", "#6d4f86", "#bf9fd8"]),
    Tone("d", ["#c9c08b", "#7a7136", "#6e6632", "#c4ba78"]),
];
const OUTPUTS: [Tone; 2] = [
    Tone("o", ["#2a9d8f", "#14665c", "#2a9d8f", "#7fe0d4"]),
    Tone("p", ["#e76f51", "#a63c20", "#e76f51", "#ffb39f"]),
];

/// Features of one parameter, ready to be drawn.
struct Layer<'e> {
    name: &'e str,
    set: FeatureSet,
    tone: &'static Tone,
}

/// The picture, or `None` when nothing that comes out has a place.
pub(crate) fn picture(tool: &str, example: &Example) -> Result<Option<String>> {
    let outputs = layers(&example.outputs, &OUTPUTS);
    let mut inputs = layers(&example.inputs, &INPUTS);
    let Some(first_output) = outputs.iter().map(|layer| &layer.set).next() else { return Ok(None) };
    // Where the tool brought features to another reference, each side is a map of its own.
    let is_one_map = inputs.first().is_none_or(|layer| has_same_reference(&layer.set, first_output));
    let reference = inputs.first().unwrap_or(&outputs[0]).set.spatial_reference.clone();
    for layer in &mut inputs {
        if let (Some(to), Some(_)) = (&reference, &layer.set.spatial_reference) {
            project_features(&mut layer.set, to)?;
        }
    }
    let sets =
        |layers: &[Layer]| -> Vec<FeatureSet> { layers.iter().map(|layer| layer.set.clone()).collect() };
    let (input_sets, output_sets) = (sets(&inputs), sets(&outputs));
    let around: Vec<&FeatureSet> = if is_one_map { input_sets.iter().collect() } else { Vec::new() };
    let chosen = example.window.or_else(|| window(&output_sets.iter().collect::<Vec<_>>(), &around));
    let Some(right) = chosen else { return Ok(None) };
    let left = if is_one_map { Some(right) } else { window(&[], &input_sets.iter().collect::<Vec<_>>()) };
    let left = left.filter(|_| !inputs.is_empty());
    let shade = shading(first_output, &example.inputs);
    let mut drawn = String::new();
    for (tolerance, most_features) in DETAILS {
        let detail = Detail { tolerance: *tolerance, most_features: *most_features };
        drawn = draw(tool, &inputs, &outputs, [left, Some(right)], shade.as_ref(), detail);
        if drawn.len() < MOST_BYTES {
            break;
        }
    }
    Ok(Some(drawn))
}

fn layers<'e>(sets: &'e [(String, FeatureSet)], tones: &'static [Tone]) -> Vec<Layer<'e>> {
    let with_geometry = sets.iter().filter(|(_, set)| set.geometry_type.is_some());
    let layer = |((name, set), tone): (&'e (String, FeatureSet), &'static Tone)| {
        let mut set = set.clone();
        repair_features(&mut set);
        Layer { name, set, tone }
    };
    with_geometry.zip(tones.iter().cycle()).map(layer).collect()
}

fn has_same_reference(a: &FeatureSet, b: &FeatureSet) -> bool {
    match (&a.spatial_reference, &b.spatial_reference) {
        (Some(a), Some(b)) => a.same_as(b),
        _ => true,
    }
}

/// A column that the tool made, by which its features are shaded: its name and the shade of each row.
struct Shading<'s>(&'s str, Vec<usize>);

/// The first column of numbers that no input has, that is no id, and that tells at least three kinds of rows apart.
fn shading<'s>(output: &'s FeatureSet, inputs: &[(String, FeatureSet)]) -> Option<Shading<'s>> {
    for (column, field) in output.fields.iter().enumerate() {
        let name = field.name.to_uppercase();
        let is_id = field.field_type == FieldType::Oid || name.ends_with("ID") || name.contains("FID_");
        if is_id || !field.field_type.is_numeric() || !is_new(&name, inputs) {
            continue;
        }
        let values: Vec<f64> =
            output.features.iter().map(|feature| number(&feature.attributes[column])).collect();
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let mut breaks = quantiles(&sorted);
        sorted.dedup();
        if breaks.windows(2).any(|pair| pair[0] >= pair[1]) {
            // Many rows are equal: counts, mostly.
            breaks = quantiles(&sorted);
        }
        let shade = |value: &f64| breaks.iter().filter(|least| **least <= *value).count();
        if sorted.len() >= 3 {
            return Some(Shading(&field.name, values.iter().map(shade).collect()));
        }
    }
    None
}

/// Whether no input has a column of that name, nor of that name without a number behind: `NAME_1` was `NAME`.
pub(crate) fn is_new(name: &str, inputs: &[(String, FeatureSet)]) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let base = name.rsplit_once('_').filter(|(_, number)| is_number(number)).map_or(name, |(base, _)| base);
    !inputs.iter().any(|(_, set)| set.field_index(name).or(set.field_index(base)).is_some())
}

/// The least values of the second shade and those above.
fn quantiles(sorted: &[f64]) -> Vec<f64> {
    (1..SHADES).filter_map(|part| sorted.get(sorted.len() * part / SHADES).copied()).collect()
}

fn number(value: &Attribute) -> f64 {
    match value {
        Attribute::Integer(number) => *number as f64,
        Attribute::Double(number) => *number,
        Attribute::Null | Attribute::Text(_) => f64::NAN,
    }
}

fn draw(
    tool: &str,
    inputs: &[Layer],
    outputs: &[Layer],
    windows: [Option<Envelope>; 2],
    shade: Option<&Shading>,
    detail: Detail,
) -> String {
    let stretches = [inputs, outputs].map(|side| side.first().map(|layer| &layer.set));
    let count = windows.iter().flatten().count() as i32;
    let width = (WIDTH - GAP * (count + 1)) / count;
    let shape = |side: usize| {
        windows[side].zip(stretches[side]).map(|(window, set)| {
            (window.ymax - window.ymin) / ((window.xmax - window.xmin) * stretch(&window, set))
        })
    };
    let tallest = [shape(0), shape(1)].into_iter().flatten().fold(0.0, f64::max);
    let height = (f64::from(width) * tallest.clamp(0.4, if count > 1 { 1.0 } else { 0.5 })).round() as i32;
    let mut body = String::new();
    let mut left = GAP;
    let mut bottom = 0;
    for (side, layers) in [inputs, outputs].into_iter().enumerate() {
        let Some((window, set)) = windows[side].zip(stretches[side]) else { continue };
        let frame = Frame::around(&window, stretch(&window, set), [left, GAP], [width, height]);
        let _ = write!(
            body,
            "<clipPath id=\"f{side}\"><rect x=\"{left}\" y=\"{GAP}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/></clipPath>\
             <rect class=\"sea\" x=\"{left}\" y=\"{GAP}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/><g clip-path=\"url(#f{side})\">"
        );
        let is_behind = side == 1 && windows[0] == windows[1];
        for layer in inputs.iter().filter(|_| is_behind) {
            let shapes = frame.path(layer.set.features.iter(), coarser(detail));
            let _ = write!(body, "<path class=\"faint{}\" d=\"{shapes}\"/>", kind(&layer.set));
        }
        let mut order: Vec<(usize, &Layer)> = layers.iter().enumerate().collect();
        // Points and lines would vanish below areas.
        order
            .sort_by_key(|(_, layer)| [AREA, LINES, DOT].iter().position(|known| *known == kind(&layer.set)));
        for (index, layer) in order {
            let shade = shade.filter(|_| side == 1 && index == 0);
            shapes(&mut body, &frame, layer, shade, detail);
        }
        body.push_str("</g>\n");
        let shaded = shade.filter(|_| side == 1).map(|Shading(name, _)| *name);
        bottom = bottom.max(legend(&mut body, layers, shaded, [left, GAP + height], width));
        left += width + GAP;
    }
    let height = bottom + GAP;
    let title = format!("{tool}: {} gives {}", names(inputs), names(outputs));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>{title}</title>\n<style>{}</style>\n<rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\" rx=\"12\"/>\n{body}</svg>\n",
        WIDTH / 2,
        height / 2,
        style()
    )
}

fn names(layers: &[Layer]) -> String {
    let names: Vec<&str> = layers.iter().map(|layer| layer.name).collect();
    if names.is_empty() { "no features".to_owned() } else { names.join(", ") }
}

/// What stands behind the output needs less detail than what is looked at.
fn coarser(detail: Detail) -> Detail {
    Detail { tolerance: 2.0 * detail.tolerance, most_features: detail.most_features / 2 }
}

/// How shapes of that type are drawn.
fn kind(set: &FeatureSet) -> &'static str {
    match set.geometry_type {
        Some(GeometryType::Point | GeometryType::Multipoint) => DOT,
        Some(GeometryType::Polyline) => LINES,
        _ => AREA,
    }
}

fn shapes(body: &mut String, frame: &Frame, layer: &Layer, shade: Option<&Shading>, detail: Detail) {
    let (class, kind) = (layer.tone.0, kind(&layer.set));
    let Some(Shading(_, shades)) = shade else {
        let data = frame.path(layer.set.features.iter(), detail);
        let _ = write!(body, "<path class=\"{class}{kind}\" d=\"{data}\"/>");
        return;
    };
    for shade in 0..SHADES {
        let of_shade = |(_, found): &(&Feature, &usize)| **found == shade;
        let features = layer.set.features.iter().zip(shades).filter(of_shade).map(|(feature, _)| feature);
        let data = frame.path(features, detail);
        let _ = write!(body, "<path class=\"{class}{kind} s{shade}\" d=\"{data}\"/>");
    }
}

/// The names of the parameters in their tones, below a map; gives where they end.
fn legend(
    body: &mut String,
    layers: &[Layer],
    shaded: Option<&str>,
    [left, top]: [i32; 2],
    width: i32,
) -> i32 {
    let (mut x, mut y) = (left, top + 10);
    let mut entry = |class: &str, text: &str| {
        let length = 40 + LETTER * text.len() as i32 + 20;
        if x > left && x + length > left + width {
            (x, y) = (left, y + LINE);
        }
        let _ = writeln!(
            body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{}\" width=\"28\" height=\"28\" rx=\"6\"/><text x=\"{}\" y=\"{}\">{text}</text>",
            y + 8,
            x + 40,
            y + 31
        );
        x += length;
    };
    for layer in layers {
        entry(&format!("{} area", layer.tone.0), layer.name);
    }
    if let Some(column) = shaded {
        entry(&format!("{} area s{}", layers[0].tone.0, SHADES - 1), &format!("more {column}"));
    }
    y + LINE
}

fn style() -> String {
    let mut light = String::from(
        "text{font:26px system-ui,sans-serif;fill:#24292f}.ground{fill:#fff;stroke:#d8dee4}.sea{fill:#f4f6f8}\
         .area{fill-opacity:.45;stroke-width:2;stroke-linejoin:round}.line{stroke-width:4;stroke-linecap:round;stroke-linejoin:round}\
         .dot{stroke-width:11;stroke-linecap:round}.faint{stroke-width:1.5}.faint.dot{stroke-width:7}path.line,path.dot,.faint{fill:none}\
         .faint{stroke:#b6c2cd}.b.area,.c.area,.d.area{fill-opacity:.25}.area.s0{fill-opacity:.12}.area.s1{fill-opacity:.38}.area.s2{fill-opacity:.64}.area.s3{fill-opacity:.92}\
         .line.s0,.dot.s0{stroke-opacity:.3}.line.s1,.dot.s1{stroke-opacity:.5}.line.s2,.dot.s2{stroke-opacity:.75}",
    );
    let mut dark = String::from(
        "text{fill:#e6edf3}.ground{fill:#161b22;stroke:#30363d}.sea{fill:#0d1117}.faint{stroke:#3d4752}",
    );
    for Tone(class, [fill, stroke, dark_fill, dark_stroke]) in INPUTS.iter().chain(&OUTPUTS) {
        let _ = write!(light, ".{class}{{fill:{fill};stroke:{stroke}}}");
        let _ = write!(dark, ".{class}{{fill:{dark_fill};stroke:{dark_stroke}}}");
    }
    // A class of a tone must not fill what is only stroked.
    let rest = "path.line,path.dot,.faint{fill:none}";
    format!("{light}{rest}@media(prefers-color-scheme:dark){{{dark}{rest}}}")
}
