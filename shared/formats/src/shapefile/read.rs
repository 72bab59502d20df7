//! Reading a layer: shapes and rows side by side.

use super::dbf::{Row, Table};
use super::parts::Layer;
use super::shp::{Shape, ShapeReader, Source};
use super::{index, malformed};
use crate::budget::Budget;
use crate::codepage::CodePage;
use crate::extent::envelope_in;
use crate::ordinates::settle_ordinates;
use crate::zipped::{Archive, Entry, error_of};
use crate::{FormatError, ReadLayer, ReadOptions};
use gp_esri::{Attribute, Feature, FeatureSet, Geometry, SpatialReference};
use gp_geometry::Crs;
use std::fs::File;
use std::io::{BufReader, Read};

/// Longer than any text of a reference or name of a code page.
const MAX_TEXT_BYTES: u64 = 100_000;

pub(super) fn read_layer(
    archive: &Archive,
    layer: &Layer,
    options: &ReadOptions<'_>,
) -> Result<ReadLayer, FormatError> {
    let mut warnings = Vec::new();
    let (mut shapes, mut spatial_reference) = (None, None);
    if let Some(shp) = &layer.shp {
        spatial_reference = reference(archive, layer.prj.as_ref(), &mut warnings)?;
        let envelope = envelope_in(options.extent.as_ref(), spatial_reference.as_ref());
        shapes = Some(ShapeReader::new(source(archive, layer, shp, options)?, envelope)?);
    }
    let mut table = match &layer.dbf {
        Some(dbf) => {
            let code_page = code_page(archive, layer.cpg.as_ref(), &mut warnings)?;
            Some(Table::new(archive.reader(dbf)?, code_page)?)
        }
        None => {
            warnings.push("there is no .dbf in the zip file: the features have no attributes".to_owned());
            None
        }
    };

    let mut set = FeatureSet { spatial_reference, ..FeatureSet::default() };
    let mut budget = Budget::new(options);
    let mut counts = Counts::default();
    let mut number = 0_usize;
    loop {
        budget.step()?;
        let shape = match &mut shapes {
            Some(shapes) => {
                number += 1;
                shapes.next(&mut budget).map_err(|error| error.within(format_args!("shape {number}")))?
            }
            None => None,
        };
        let row = match &mut table {
            Some(table) => table.next()?,
            None => None,
        };
        let column_count = table.as_ref().map_or(0, Table::column_count);
        let attributes = match (&shape, row, &mut table) {
            (None, None, _) => break,
            (_, Some(Row::Deleted), _) | (Some(Shape::Outside), ..) => continue,
            (_, Some(Row::Kept), Some(table)) => table.attributes(),
            _ => vec![Attribute::Null; column_count],
        };
        counts.without_row += usize::from(row.is_none() && table.is_some());
        counts.without_shape += usize::from(shape.is_none() && shapes.is_some());
        let geometry = match shape {
            Some(Shape::Geometry(geometry)) => Some(geometry),
            Some(Shape::Unreadable) => {
                counts.unreadable += 1;
                None
            }
            _ => None,
        };
        if geometry.is_none() && shapes.as_ref().is_some_and(ShapeReader::has_envelope) {
            continue;
        }
        // Vertices of lines and polygons were counted before they were read.
        let point = geometry.as_ref().filter(|geometry| matches!(geometry, Geometry::Point(_)));
        budget.feature(column_count, point)?;
        budget.texts(&attributes)?;
        set.features.push(Feature { attributes, geometry });
    }

    if let Some(kind) = shapes.as_ref().and_then(ShapeReader::kind) {
        set.geometry_type = Some(kind.geometry_type);
        set.has_z = kind.has_z;
        set.has_m = kind.has_m;
        // Shapes without measures may stand among those that have some.
        settle_ordinates(&mut set);
    }
    if let Some(table) = table {
        let (fields, of_table) = table.finish(&mut set.features);
        set.fields = fields;
        warnings.extend(of_table);
    }
    counts.warn(&mut warnings);
    Ok(ReadLayer { name: layer.name.clone(), features: set, warnings })
}

/// What is wrong with how many.
#[derive(Default)]
struct Counts {
    without_row: usize,
    without_shape: usize,
    unreadable: usize,
}

impl Counts {
    fn warn(&self, warnings: &mut Vec<String>) {
        for (count, what) in [
            (self.without_row, "shapes have no row in the .dbf, so that their attributes are null"),
            (
                self.without_shape,
                "rows of the .dbf have no shape in the .shp, so that their geometry is null",
            ),
            (self.unreadable, "shapes have coordinates that are no numbers; their geometry is null"),
        ] {
            if count > 0 {
                warnings.push(format!("{count} {what}"));
            }
        }
    }
}

fn source(
    archive: &Archive,
    layer: &Layer,
    shp: &Entry,
    options: &ReadOptions<'_>,
) -> Result<Source, FormatError> {
    if let Some(shx) = &layer.shx
        && let Some(offsets) = index::reordered(archive, shx, shp.claimed_bytes(), options)?
    {
        let folder = tempfile::tempdir_in(options.scratch)?;
        let path = folder.path().join("layer.shp");
        archive.unpack(shp, &path, options.stop)?;
        // The open file outlives its name.
        let file = BufReader::new(File::open(&path)?);
        return Ok(Source::Indexed { file, offsets: offsets.into_iter() });
    }
    Ok(Source::Stream(BufReader::new(archive.reader(shp)?)))
}

fn code_page(
    archive: &Archive,
    cpg: Option<&Entry>,
    warnings: &mut Vec<String>,
) -> Result<Option<CodePage>, FormatError> {
    let Some(cpg) = cpg else { return Ok(None) };
    let name = text(archive, cpg)?;
    let name = name.trim();
    if name.is_empty() {
        return Ok(None);
    }
    let code_page = CodePage::of_name(name);
    if code_page.is_none() {
        let shown: String = name.chars().take(40).collect();
        warnings.push(format!(
            "the code page {shown:?} of the .cpg is not known: texts were read as UTF-8, or Windows-1252 where they are no valid UTF-8"
        ));
    }
    Ok(Some(code_page.unwrap_or(CodePage::Unknown)))
}

fn reference(
    archive: &Archive,
    prj: Option<&Entry>,
    warnings: &mut Vec<String>,
) -> Result<Option<SpatialReference>, FormatError> {
    let Some(prj) = prj else {
        warnings.push("there is no .prj in the zip file: the spatial reference is unknown".to_owned());
        return Ok(None);
    };
    let text = text(archive, prj)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        warnings.push("the .prj is empty: the spatial reference is unknown".to_owned());
        return Ok(None);
    }
    let found = match SpatialReference::from_text(text) {
        Ok(Some(found)) => found,
        _ => {
            warnings.push("the .prj is no well-known text: the spatial reference is unknown".to_owned());
            return Ok(None);
        }
    };
    let code = Crs::new(&found).ok().and_then(|crs| crs.find_code());
    Ok(Some(match code {
        Some(code) => {
            SpatialReference { wkt: found.wkt, wkt2: found.wkt2, ..SpatialReference::from_wkid(code) }
        }
        None => found,
    }))
}

fn text(archive: &Archive, entry: &Entry) -> Result<String, FormatError> {
    let mut bytes = Vec::new();
    archive.reader(entry)?.take(MAX_TEXT_BYTES + 1).read_to_end(&mut bytes).map_err(error_of)?;
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        return Err(malformed(format!("{} is too long to be one", entry.file_name())));
    }
    Ok(CodePage::Unknown.decode(&bytes).into_owned())
}
