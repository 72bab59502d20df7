//! What of a file is read: its columns as fields, and the row groups that a box does not exclude.

use super::crs::reference_of;
use super::kind::Kind;
use super::malformed;
use super::metadata::{self, Geometries};
use crate::FormatError;
use crate::gather::MAX_FIELDS;
use crate::text::some_of;
use gp_esri::{Envelope, FeatureSet, Field};
use parquet::basic::{LogicalType, Type};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;

/// The columns that are read.
pub(super) struct Plan {
    pub(super) geometry: Option<usize>,
    /// The number of a column in the file, for each field.
    pub(super) fields: Vec<(usize, Kind)>,
    /// Timestamps finer than a millisecond, a field.
    pub(super) cut: Vec<usize>,
}

/// What is known about the geometries; `None` of a table.
pub(super) fn geometries_of(metadata: &ParquetMetaData) -> Result<Option<Geometries>, FormatError> {
    let pairs = metadata.file_metadata().key_value_metadata();
    let geo = pairs.into_iter().flatten().find(|pair| pair.key == metadata::KEY);
    if let Some(text) = geo.and_then(|pair| pair.value.as_deref()) {
        return metadata::read(text).map(Some);
    }
    // Parquet itself has learnt what a geometry is: then no other metadata are needed.
    for column in metadata.file_metadata().schema_descr().columns() {
        let crs = match column.logical_type_ref() {
            Some(LogicalType::Geometry(geometry)) => &geometry.crs,
            Some(LogicalType::Geography(geography)) => &geography.crs,
            _ => continue,
        };
        let spatial_reference = match crs.as_deref() {
            None => Some(gp_esri::SpatialReference::from_wkid(4326)),
            Some(text) => {
                let value = serde_json::from_str(text).unwrap_or_else(|_| text.into());
                reference_of(&value)
            }
        };
        return Ok(Some(Geometries {
            column: column.name().to_owned(),
            spatial_reference,
            ..Geometries::default()
        }));
    }
    Ok(None)
}

/// Decides which columns are read, and says which are not.
pub(super) fn plan(
    metadata: &ParquetMetaData,
    geometries: Option<&Geometries>,
) -> Result<(Plan, FeatureSet, Vec<String>), FormatError> {
    let mut schema = FeatureSet::default();
    let mut warnings = Vec::new();
    let mut plan = Plan { geometry: None, fields: Vec::new(), cut: Vec::new() };
    if let Some(geometries) = geometries {
        schema.geometry_type = geometries.geometry_type;
        schema.spatial_reference.clone_from(&geometries.spatial_reference);
        warnings.clone_from(&geometries.warnings);
    }
    let covering = geometries.and_then(|geometries| geometries.covering.as_ref());
    let covering = covering.and_then(|paths| paths[0].split('.').next());
    let (mut left_out, mut decimals) = (Vec::new(), Vec::new());
    for (index, column) in metadata.file_metadata().schema_descr().columns().iter().enumerate() {
        let path = column.path().parts();
        let root = path.first().cloned().unwrap_or_default();
        let is_flat = path.len() == 1 && column.max_rep_level() == 0 && column.max_def_level() <= 1;
        if is_flat && geometries.is_some_and(|geometries| geometries.column == root) {
            if column.physical_type() != Type::BYTE_ARRAY {
                return Err(malformed(format_args!("its column of geometries, {root}, holds no bytes")));
            }
            plan.geometry = Some(index);
            continue;
        }
        let is_other = geometries.is_some_and(|geometries| geometries.others.contains(&root));
        match Kind::of(column).filter(|_| is_flat && !is_other) {
            Some(kind) => {
                if matches!(kind, Kind::Decimal(_)) {
                    decimals.push(root.clone());
                }
                let mut field = Field::new(root, kind.field_type());
                field.nullable = Some(column.max_def_level() > 0);
                schema.fields.push(field);
                plan.fields.push((index, kind));
            }
            // The boxes of the geometries are no loss.
            None if covering != Some(root.as_str()) && !left_out.contains(&root) => left_out.push(root),
            None => {}
        }
    }
    if plan.fields.len() > MAX_FIELDS {
        return Err(FormatError::TooLarge(format!("the file has more than {MAX_FIELDS} columns")));
    }
    if geometries.is_some() && plan.geometry.is_none() {
        return Err(malformed("the column that its metadata say holds the geometries is not there"));
    }
    if !left_out.is_empty() {
        warnings.push(format!(
            "these columns hold lists, structures, bytes or further geometries and were left out: {}",
            some_of(&left_out)
        ));
    }
    if !decimals.is_empty() {
        warnings.push(format!("these columns hold decimals and came as floats: {}", some_of(&decimals)));
    }
    plan.cut = vec![0; plan.fields.len()];
    Ok((plan, schema, warnings))
}

/// Whether the boxes of all geometries of a row group miss the envelope, as far as their statistics say.
pub(super) fn is_outside(group: &RowGroupMetaData, geometries: &Geometries, envelope: &Envelope) -> bool {
    let Some(covering) = &geometries.covering else { return false };
    let statistics = |path: &str| {
        let column = group.columns().iter().find(|column| column.column_path().string() == path)?;
        column.statistics()
    };
    let least = |path: &str| match statistics(path)? {
        Statistics::Double(values) => values.min_opt().copied(),
        Statistics::Float(values) => values.min_opt().copied().map(f64::from),
        _ => None,
    };
    let greatest = |path: &str| match statistics(path)? {
        Statistics::Double(values) => values.max_opt().copied(),
        Statistics::Float(values) => values.max_opt().copied().map(f64::from),
        _ => None,
    };
    let [xmin, ymin, xmax, ymax] = covering;
    let bounds = (least(xmin), least(ymin), greatest(xmax), greatest(ymax));
    let (Some(xmin), Some(ymin), Some(xmax), Some(ymax)) = bounds else { return false };
    !Envelope { xmin, ymin, xmax, ymax }.intersects(envelope)
}
