//! How Buffer makes its features: distances of rows, then a buffer for each row or for each group of rows.

use super::BufferInputs;
use crate::distance::{Reach, distance_of, warn_without_reference};
use crate::each::{each, warn_of_rows};
use crate::groups::columns_of;
use crate::surroundings::{NO_PLACE, Surroundings, United};
use crate::table::{Carried, Table};
use gp_core::{RunContext, ToolError};
use gp_esri::{Attribute, FeatureSet, Field, FieldType, Geometry, GeometryType, LinearUnitName, Path};
use gp_geometry::{BufferOptions, Crs};

/// Rows that become one feature, and the fields that they have in common.
pub(super) struct Groups {
    pub(super) carried: Carried,
    pub(super) rows: Vec<Vec<usize>>,
}

/// How the buffers of one run are made.
pub(super) struct Buffers<'a> {
    surroundings: Surroundings<'a>,
    context: &'a RunContext,
}

impl<'a> Buffers<'a> {
    /// # Errors
    /// Positions of `crs` cannot be brought to degrees.
    pub(super) fn new(
        crs: Option<&'a Crs>,
        options: BufferOptions,
        context: &'a RunContext,
    ) -> Result<Buffers<'a>, ToolError> {
        Ok(Buffers { surroundings: Surroundings::new(crs, options)?, context })
    }

    /// How far each row reaches; `None` for rows without distance.
    ///
    /// # Errors
    /// There is no distance, none that has a length here, or the field holds none.
    pub(super) fn reaches(&self, inputs: &BufferInputs) -> Result<Vec<Option<Reach>>, ToolError> {
        let set = &inputs.input_features;
        let reach = |distance, parameter| self.surroundings.reach(distance, inputs.method, parameter);
        let Some(field) = &inputs.distance_field else {
            let no_distance = || ToolError::invalid("Distance", "give a distance, or a field of distances");
            let distance = inputs.distance.ok_or_else(no_distance)?;
            warn_without_reference(self.surroundings.crs(), &[distance], "Distance", self.context);
            return Ok(vec![Some(reach(distance, "Distance")?); set.features.len()]);
        };
        let column = columns_of(set, std::slice::from_ref(field), "Distance_Field")?[0];
        let unit = inputs.distance.map_or(LinearUnitName::Unknown, |distance| distance.unit);
        let (mut distances, mut reaches) = (Vec::new(), Vec::with_capacity(set.features.len()));
        let (mut wrong, mut first_fault) = (Vec::new(), None);
        for (row, feature) in set.features.iter().enumerate() {
            let value = feature.attributes.get(column).unwrap_or(&Attribute::Null);
            let reached = distance_of(value, unit).and_then(|distance| {
                distances.extend(distance);
                let reached = distance.map(|distance| reach(distance, "Distance_Field")).transpose();
                reached.map_err(|error| match error {
                    ToolError::InvalidParameter { reason, .. } => reason,
                    other => other.to_string(),
                })
            });
            reaches.push(reached.unwrap_or_else(|reason| {
                first_fault.get_or_insert_with(|| format!("feature {}: {reason}", set.oid_of(row)));
                wrong.push(row);
                None
            }));
        }
        // A single bad value must not cost a large job; where no value is any good, the field is the wrong one.
        if let (Some(fault), true) = (first_fault, reaches.iter().all(Option::is_none)) {
            return Err(ToolError::invalid("Distance_Field", fault));
        }
        let what = "have no distance that can be read and has a length here, so they have no buffer";
        warn_of_rows(&wrong, set, what, self.context);
        warn_without_reference(self.surroundings.crs(), &distances, "Distance_Field", self.context);
        Ok(reaches)
    }

    /// A buffer for each row, with the row's attributes.
    pub(super) fn one_each(
        &self,
        set: &FeatureSet,
        reaches: &[Option<Reach>],
    ) -> Result<FeatureSet, ToolError> {
        let rings = each(self.context, set.features.len(), "Buffering", |row| {
            Ok(match (&set.features[row].geometry, reaches[row]) {
                (Some(geometry), Some(reach)) => self.surroundings.around(geometry, reach),
                _ => Some(Vec::new()),
            })
        })?;
        let lost: Vec<usize> = (0..rings.len()).filter(|row| rings[*row].is_none()).collect();
        warn_of_rows(&lost, set, NO_PLACE, self.context);
        let rings: Vec<Vec<Path>> = rings.into_iter().map(Option::unwrap_or_default).collect();
        let carried = Carried::all(set);
        let mut table = Table::new(Some(GeometryType::Polygon), set.spatial_reference.clone());
        table.add_carried(&carried);
        table.add_field(Field::new("BUFF_DIST", FieldType::Double));
        table.add_integer("ORIG_FID");
        let is_bare = |row: &usize| rings[*row].is_empty() && lost.binary_search(row).is_err();
        let bare: Vec<usize> = (0..rings.len()).filter(is_bare).collect();
        warn_without_buffer(&bare, set, self.context);
        for (row, rings) in rings.into_iter().enumerate().filter(|(_, rings)| !rings.is_empty()) {
            let (Some(Reach::Planar(distance)) | Some(Reach::Geodesic(distance))) = reaches[row] else {
                continue;
            };
            let own = [Attribute::Double(distance), Attribute::Integer(set.oid_of(row))];
            table.push(carried.values(&set.features[row]).chain(own), Some(Geometry::Polygon(rings)));
        }
        Ok(table.finish())
    }

    /// A buffer for each group of rows.
    pub(super) fn dissolved(
        &self,
        set: &FeatureSet,
        reaches: &[Option<Reach>],
        groups: &Groups,
    ) -> Result<FeatureSet, ToolError> {
        let mut table = Table::new(Some(GeometryType::Polygon), set.spatial_reference.clone());
        table.add_carried(&groups.carried);
        let is_bare = |row: &usize| set.features[*row].geometry.is_none() || reaches[*row].is_none();
        let bare: Vec<usize> = (0..reaches.len()).filter(is_bare).collect();
        warn_without_buffer(&bare, set, self.context);
        let reached = |rows: &Vec<usize>| {
            rows.iter().filter_map(|row| reaches[*row].map(|reach| (*row, reach))).collect()
        };
        let reached: Vec<Vec<(usize, Reach)>> = groups.rows.iter().map(reached).collect();
        let United { areas, lost } = self.surroundings.united(set, &reached, self.context)?;
        warn_of_rows(&lost, set, NO_PLACE, self.context);
        for (rows, rings) in groups.rows.iter().zip(areas) {
            if !rings.is_empty() {
                let values = groups.carried.values(&set.features[rows[0]]);
                table.push(values, Some(Geometry::Polygon(rings)));
            }
        }
        Ok(table.finish())
    }
}

fn warn_without_buffer(rows: &[usize], set: &FeatureSet, context: &RunContext) {
    let what = "have no buffer, because they have no geometry, no distance, or nothing is left of them";
    warn_of_rows(rows, set, what, context);
}
