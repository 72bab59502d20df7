//! Rows and columns of outputs, as ArcGIS names them: attributes carried along, object ids numbered anew, clashing
//! names numbered (`NAME`, `NAME_1`).

use gp_core::{RunContext, ToolError};
use gp_esri::{Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, SpatialReference};
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// The columns of an input that go into an output: all but object id and geometry.
pub(crate) struct Carried {
    columns: Vec<usize>,
    fields: Vec<Field>,
}

impl Carried {
    /// All columns of the set.
    pub(crate) fn all(set: &FeatureSet) -> Carried {
        let is_carried = |field: &Field| !matches!(field.field_type, FieldType::Oid | FieldType::Geometry);
        Carried::of(set, (0..set.fields.len()).filter(|column| is_carried(&set.fields[*column])).collect())
    }

    /// These columns of the set.
    pub(crate) fn of(set: &FeatureSet, columns: Vec<usize>) -> Carried {
        Carried { fields: columns.iter().map(|column| set.fields[*column].clone()).collect(), columns }
    }

    /// No column.
    pub(crate) fn none() -> Carried {
        Carried { columns: Vec::new(), fields: Vec::new() }
    }

    /// The values of a row in these columns.
    pub(crate) fn values<'a>(&'a self, feature: &'a Feature) -> impl Iterator<Item = Attribute> + 'a {
        self.columns.iter().map(|column| feature.attributes.get(*column).cloned().unwrap_or(Attribute::Null))
    }

    /// The values of a row in these columns, or as many nulls where there is no row.
    pub(crate) fn values_or_nulls<'a>(
        &'a self,
        feature: Option<&'a Feature>,
    ) -> impl Iterator<Item = Attribute> + 'a {
        let value = move |column: &usize| feature?.attributes.get(*column).cloned();
        self.columns.iter().map(move |column| value(column).unwrap_or(Attribute::Null))
    }

    /// The fields of the columns.
    pub(crate) fn fields(&self) -> &[Field] {
        &self.fields
    }
}

/// An output while its columns are named and its rows are filled in. Its first column is `OBJECTID`, counted from 1.
pub(crate) struct Table {
    set: FeatureSet,
    /// Columns of whole numbers that are 32 bits wide until a value does not fit.
    integers: Vec<usize>,
}

impl Table {
    /// An output without columns.
    pub(crate) fn new(
        geometry_type: Option<GeometryType>,
        spatial_reference: Option<SpatialReference>,
    ) -> Table {
        let fields = vec![Field::new("OBJECTID", FieldType::Oid)];
        Table {
            set: FeatureSet { geometry_type, spatial_reference, fields, ..FeatureSet::default() },
            integers: Vec::new(),
        }
    }

    /// Adds a column of that name, or of that name with a number when it is taken.
    pub(crate) fn add_field(&mut self, mut field: Field) {
        field.name = free_name(&self.set, field.name);
        self.set.fields.push(field);
    }

    /// Adds a whole-number column, which becomes one of 64 bits when a value needs them: object ids may be that long.
    pub(crate) fn add_integer(&mut self, name: &str) {
        self.integers.push(self.set.fields.len());
        self.add_field(Field::new(name, FieldType::Integer));
    }

    /// Adds the columns that are carried along.
    pub(crate) fn add_carried(&mut self, carried: &Carried) {
        for field in &carried.fields {
            self.add_field(carried_field(field));
        }
    }

    /// Says that vertices carry what they carry in `set`.
    pub(crate) fn keep_zm_of(&mut self, set: &FeatureSet) {
        (self.set.has_z, self.set.has_m) = (set.has_z, set.has_m);
    }

    /// Adds a row; `values` are those of all columns but `OBJECTID`.
    pub(crate) fn push(&mut self, values: impl IntoIterator<Item = Attribute>, geometry: Option<Geometry>) {
        let count = self.set.features.len();
        self.set.features.push(feature(count, self.set.fields.len(), values, geometry));
    }

    /// Adds a row for each item, in their order, written by several threads: copies of attributes are most of what a join
    /// or an overlay of many small features does. `row` gives the values as [`Table::push`] takes them, and the geometry.
    ///
    /// # Errors
    /// The run was stopped.
    pub(crate) fn push_all<Item: Send, Values: IntoIterator<Item = Attribute>>(
        &mut self,
        items: Vec<Item>,
        row: impl Fn(Item) -> (Values, Option<Geometry>) + Sync,
        context: &RunContext,
    ) -> Result<(), ToolError> {
        context.check()?;
        let (count, columns) = (self.set.features.len(), self.set.fields.len());
        let is_stopped = AtomicBool::new(false);
        self.set.features.par_extend(items.into_par_iter().enumerate().map(|(number, item)| {
            if number.is_multiple_of(ROWS_BETWEEN_CHECKS) && context.check().is_err() {
                is_stopped.store(true, Ordering::Relaxed);
            }
            if is_stopped.load(Ordering::Relaxed) {
                return Feature::default();
            }
            let (values, geometry) = row(item);
            feature(count + number, columns, values, geometry)
        }));
        if is_stopped.into_inner() { context.check() } else { Ok(()) }
    }

    /// The output.
    pub(crate) fn finish(mut self) -> FeatureSet {
        let is_long = |value: Option<&Attribute>| matches!(value, Some(Attribute::Integer(value)) if i32::try_from(*value).is_err());
        for column in self.integers {
            if self.set.features.iter().any(|feature| is_long(feature.attributes.get(column))) {
                self.set.fields[column].field_type = FieldType::BigInteger;
            }
        }
        self.set
    }
}

/// Rows that are written before anybody asks whether to go on: a millisecond's work.
const ROWS_BETWEEN_CHECKS: usize = 1024;

/// The row after so many others.
fn feature(
    count: usize,
    columns: usize,
    values: impl IntoIterator<Item = Attribute>,
    geometry: Option<Geometry>,
) -> Feature {
    let mut attributes = Vec::with_capacity(columns);
    attributes.push(Attribute::Integer(count as i64 + 1));
    attributes.extend(values);
    debug_assert_eq!(attributes.len(), columns);
    Feature { attributes, geometry }
}

/// A field as another table carries it: identifiers that its server kept unique are plain values there.
pub(crate) fn carried_field(field: &Field) -> Field {
    match field.field_type {
        FieldType::GlobalId => Field { field_type: FieldType::Guid, ..field.clone() },
        FieldType::Oid => Field { field_type: FieldType::BigInteger, length: None, ..field.clone() },
        _ => field.clone(),
    }
}

/// That name for a new column, or that name with a number when it is taken.
pub(crate) fn free_name(set: &FeatureSet, name: String) -> String {
    if set.field_index(&name).is_none() {
        return name;
    }
    let numbered = |number: usize| format!("{name}_{number}");
    let free = (1..).find(|number| set.field_index(&numbered(*number)).is_none()).unwrap_or(1);
    numbered(free)
}

/// Makes sure that every row has an object id, for tools whose rows are rows of the input: ids that are there stay.
pub(crate) fn ensure_object_ids(set: &mut FeatureSet) {
    if set.oid_index().is_some() {
        set.number_missing_object_ids();
        return;
    }
    let name = (0..).map(|n| if n == 0 { "OBJECTID".to_owned() } else { format!("OBJECTID_{n}") });
    let name = name.into_iter().find(|name| set.field_index(name).is_none()).unwrap_or_default();
    set.fields.insert(0, Field::new(name, FieldType::Oid));
    for (row, feature) in set.features.iter_mut().enumerate() {
        feature.attributes.insert(0, Attribute::Integer(row as i64 + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_core::{Environment, Silent};
    use std::sync::Arc;

    #[test]
    fn a_clashing_column_gets_a_number() {
        let mut table = Table::new(None, None);
        for _ in 0..3 {
            table.add_integer("name");
        }
        table.add_integer("ObjectId");
        let names: Vec<_> = table.finish().fields.into_iter().map(|field| field.name).collect();
        assert_eq!(names, ["OBJECTID", "name", "name_1", "name_2", "ObjectId_1"]);
    }

    #[test]
    fn rows_written_by_several_threads_follow_those_before_in_order_and_long_ids_widen_their_column() {
        let mut table = Table::new(None, None);
        table.add_integer("ID");
        table.push([Attribute::Integer(-1)], None);
        let row = |number: i64| ([Attribute::Integer(number << 20)], None);
        table.push_all((0..5_000).collect(), row, &RunContext::silent()).unwrap();
        let stopped =
            RunContext::new(Environment::default(), Box::new(Silent), Arc::new(AtomicBool::new(true)), None);
        assert_eq!(table.push_all(vec![0_i64; 10], row, &stopped), Err(ToolError::Cancelled));
        let set = table.finish();
        assert_eq!(set.features.len(), 5_001);
        let row = |row: usize| set.features[row].attributes.clone();
        assert_eq!(row(0), [Attribute::Integer(1), Attribute::Integer(-1)]);
        assert_eq!(row(5_000), [Attribute::Integer(5_001), Attribute::Integer(4_999 << 20)]);
        assert!((0..5_001).all(|number| row(number)[0] == Attribute::Integer(number as i64 + 1)));
        assert_eq!(set.fields[1].field_type, FieldType::BigInteger);
    }

    #[test]
    fn rows_without_an_object_id_are_numbered_and_others_keep_theirs() {
        let mut set =
            FeatureSet { features: vec![Feature::default(), Feature::default()], ..FeatureSet::default() };
        ensure_object_ids(&mut set);
        assert_eq!(set.oid_of(1), 2);
        set.features[1].attributes[0] = Attribute::Integer(77);
        ensure_object_ids(&mut set);
        assert_eq!((set.fields.len(), set.oid_of(1)), (1, 77));
    }
}
