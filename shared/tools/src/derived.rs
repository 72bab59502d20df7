//! Outputs whose rows are made of rows of the input: the input's fields, then its object id, then what a tool adds.

use crate::each::warn_of_rows;
use crate::table::{Carried, Table};
use gp_core::RunContext;
use gp_esri::{Attribute, FeatureSet, Field, FieldType, Geometry, GeometryType};

/// An output while it is made.
pub(crate) struct Derived<'a> {
    set: &'a FeatureSet,
    carried: Carried,
    table: Table,
}

impl<'a> Derived<'a> {
    /// An output of `geometry_type` with the fields of `set` and `ORIG_FID`. Vertices carry the z and m of `set`.
    pub(crate) fn new(set: &'a FeatureSet, geometry_type: GeometryType) -> Derived<'a> {
        Derived::with_id(set, geometry_type, "ORIG_FID")
    }

    /// The same with another name of the column of object ids.
    pub(crate) fn with_id(set: &'a FeatureSet, geometry_type: GeometryType, id_name: &str) -> Derived<'a> {
        let carried = Carried::all(set);
        let mut table = Table::new(Some(geometry_type), set.spatial_reference.clone());
        table.keep_zm_of(set);
        table.add_carried(&carried);
        table.add_integer(id_name);
        Derived { set, carried, table }
    }

    /// Adds a whole-number column.
    pub(crate) fn add_integer(&mut self, name: &str) {
        self.table.add_integer(name);
    }

    /// Adds a column of numbers.
    pub(crate) fn add_double(&mut self, name: &str) {
        self.table.add_field(Field::new(name, FieldType::Double));
    }

    /// Adds a row made of a row of the input; `more` are the values of the added columns.
    pub(crate) fn push(
        &mut self,
        row: usize,
        more: impl IntoIterator<Item = Attribute>,
        geometry: impl Into<Option<Geometry>>,
    ) {
        let id = Attribute::Integer(self.set.oid_of(row));
        let values = self.carried.values(&self.set.features[row]).chain([id]).chain(more);
        self.table.push(values, geometry.into());
    }

    /// The output.
    pub(crate) fn finish(self) -> FeatureSet {
        self.table.finish()
    }
}

/// Says which rows have no geometry, for tools that leave them out.
pub(crate) fn warn_of_missing(set: &FeatureSet, context: &RunContext) {
    let missing: Vec<usize> =
        (0..set.features.len()).filter(|row| set.features[*row].geometry.is_none()).collect();
    warn_of_rows(&missing, set, "have no geometry, so they are left out", context);
}
