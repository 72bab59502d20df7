//! Gathers the rows that a reader makes into a layer whose values fit its fields and whose geometries have one type.
//!
//! Separate because the binary formats all need it: they hold typed columns, but nobody made sure that the values, the
//! names and the geometries agree with what the header says. Nothing is left out here without a sentence.

use crate::budget::Budget;
use crate::extent::envelope_in;
use crate::field_names::make_unique;
use crate::ordinates::settle_ordinates;
use crate::{FormatError, ReadLayer, ReadOptions};
use gp_esri::{Attribute, Envelope, Feature, FeatureSet, FieldType, Geometry, GeometryType, Path};

/// Columns of one layer: more than any database has, few enough that a header of nothing but fields costs little.
pub(crate) const MAX_FIELDS: usize = 4096;

/// A layer in the making.
pub(crate) struct Gathering<'a> {
    set: FeatureSet,
    budget: Budget<'a>,
    /// The box that was asked for, in the reference of the schema.
    envelope: Option<Envelope>,
    warnings: Vec<String>,
    /// Values that did not fit, a field.
    misfits: Vec<usize>,
    /// Geometries of another type than that of the layer.
    strangers: usize,
}

impl<'a> Gathering<'a> {
    /// Begins with the schema; names that differ only in case are changed.
    pub(crate) fn new(options: &'a ReadOptions<'a>, mut schema: FeatureSet) -> Gathering<'a> {
        let warnings = make_unique(&mut schema.fields);
        let misfits = vec![0; schema.fields.len()];
        let envelope = envelope_in(options.extent.as_ref(), schema.spatial_reference.as_ref());
        Gathering { set: schema, budget: Budget::new(options), envelope, warnings, misfits, strangers: 0 }
    }

    /// The box that was asked for, in the reference of the layer.
    pub(crate) fn envelope(&self) -> Option<Envelope> {
        self.envelope
    }

    /// Whether a geometry touches the box that was asked for. One that does not is no longer counted.
    pub(crate) fn is_needed(&mut self, geometry: Option<&Geometry>) -> bool {
        let Some(envelope) = &self.envelope else { return true };
        let touches = geometry.is_some_and(|geometry| geometry.envelope().intersects(envelope));
        if !touches {
            self.budget.forget(geometry);
        }
        touches
    }

    pub(crate) fn budget(&mut self) -> &mut Budget<'a> {
        &mut self.budget
    }

    pub(crate) fn warn(&mut self, sentence: String) {
        self.warnings.push(sentence);
    }

    /// A row of nulls for the next feature, counted before it is made.
    pub(crate) fn row(&mut self) -> Result<Vec<Attribute>, FormatError> {
        let columns = self.set.fields.len();
        self.budget.feature(columns, None)?;
        Ok(vec![Attribute::Null; columns])
    }

    /// Adds a feature, whose vertices were counted when they were read.
    pub(crate) fn push(&mut self, mut row: Vec<Attribute>, geometry: Option<Geometry>) {
        for ((value, field), misfits) in row.iter_mut().zip(&self.set.fields).zip(&mut self.misfits) {
            if !fit(value, field.field_type) {
                *value = Attribute::Null;
                *misfits += 1;
            }
        }
        let geometry = geometry.and_then(|geometry| self.accept(geometry));
        self.set.features.push(Feature { attributes: row, geometry });
    }

    /// The layer, every vertex with z and m where one has them.
    pub(crate) fn finish(mut self, name: &str) -> ReadLayer {
        for (field, count) in self.set.fields.iter().zip(&self.misfits).filter(|(_, count)| **count > 0) {
            self.warnings
                .push(format!("{count} values of field {} do not fit its type and came as null", field.name));
        }
        if let (Some(kept), true) = (self.set.geometry_type, self.strangers > 0) {
            self.warnings.push(format!(
                "{} features have a geometry of another type than {}, that of the layer, and came without it",
                self.strangers,
                kept.name()
            ));
        }
        settle_ordinates(&mut self.set);
        ReadLayer { name: name.to_owned(), features: self.set, warnings: self.warnings }
    }

    /// The first geometry gives the layer its type where the file did not; points go into a layer of multipoints.
    fn accept(&mut self, geometry: Geometry) -> Option<Geometry> {
        let declared = *self.set.geometry_type.get_or_insert(geometry.geometry_type());
        match (declared, geometry) {
            (GeometryType::Multipoint, point @ Geometry::Point(_)) => Some(multipoint(point)),
            (GeometryType::Point, points @ Geometry::Multipoint(_)) => {
                self.set.geometry_type = Some(GeometryType::Multipoint);
                for feature in &mut self.set.features {
                    feature.geometry = feature.geometry.take().map(multipoint);
                }
                Some(points)
            }
            (declared, geometry) if geometry.geometry_type() == declared => Some(geometry),
            _ => {
                self.strangers += 1;
                None
            }
        }
    }
}

/// Adds a ring, closed and turned by its place in its polygon: the first is the exterior, which Esri has clockwise, the
/// others are holes.
pub(crate) fn push_ring(rings: &mut Vec<Path>, mut ring: Path, place: usize) {
    gp_geometry::close(&mut ring);
    let is_exterior = place == 0;
    if gp_geometry::is_clockwise(&ring.xy) != is_exterior {
        gp_geometry::reverse(&mut ring);
    }
    rings.push(ring);
}

/// Brings a value into the type of its field; `false` where it cannot.
fn fit(value: &mut Attribute, field_type: FieldType) -> bool {
    let new = match (&*value, field_type) {
        (Attribute::Null, _) => return true,
        (Attribute::Double(number), _) if number.is_nan() => Attribute::Null,
        (Attribute::Double(number), _) if number.is_infinite() => return false,
        (_, FieldType::Geometry) => return false,
        (Attribute::Integer(number), FieldType::SmallInteger) => return i16::try_from(*number).is_ok(),
        (Attribute::Integer(number), FieldType::Integer) => return i32::try_from(*number).is_ok(),
        (Attribute::Integer(_), FieldType::BigInteger | FieldType::Oid | FieldType::Date) => return true,
        (Attribute::Double(_), FieldType::Single | FieldType::Double) => return true,
        (Attribute::Integer(number), FieldType::Single | FieldType::Double) => {
            Attribute::Double(*number as f64)
        }
        (Attribute::Double(number), _) if is_whole(*number, field_type) => Attribute::Integer(*number as i64),
        (_, field_type) if field_type.is_numeric() || field_type == FieldType::Date => return false,
        (Attribute::Text(_), _) => return true,
        (Attribute::Integer(number), _) => Attribute::Text(number.to_string().into()),
        (Attribute::Double(number), _) => Attribute::Text(number.to_string().into()),
    };
    *value = new;
    true
}

fn is_whole(number: f64, field_type: FieldType) -> bool {
    /// 2^53: beyond it a float does not name one whole number.
    const EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;
    let most = match field_type {
        FieldType::SmallInteger => f64::from(i16::MAX),
        FieldType::Integer => f64::from(i32::MAX),
        FieldType::BigInteger | FieldType::Oid | FieldType::Date => EXACT_INTEGER,
        _ => return false,
    };
    number.abs() <= most && number.fract() == 0.0
}

fn multipoint(geometry: Geometry) -> Geometry {
    match geometry {
        Geometry::Point(point) => Geometry::Multipoint(Path {
            xy: vec![point.xy],
            z: point.z.into_iter().collect(),
            m: point.m.into_iter().collect(),
        }),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::options;
    use gp_esri::{Field, Point};

    #[test]
    fn values_come_in_the_type_of_their_field_or_are_counted_as_lost() {
        let options = options();
        let fields = [("a", FieldType::Integer), ("A", FieldType::Double), ("b", FieldType::String)];
        let fields = fields.map(|(name, field_type)| Field::new(name, field_type)).to_vec();
        let mut gathering = Gathering::new(&options, FeatureSet { fields, ..FeatureSet::default() });
        let rows = [
            [Attribute::Double(7.0), Attribute::Integer(7), Attribute::Integer(7)],
            [Attribute::Integer(1 << 40), Attribute::Double(f64::INFINITY), Attribute::Null],
        ];
        rows.into_iter().for_each(|row| gathering.push(row.to_vec(), None));
        let layer = gathering.finish("layer");
        let [first, second] = &layer.features.features[..] else { panic!("two rows") };
        assert_eq!(
            first.attributes,
            [Attribute::Integer(7), Attribute::Double(7.0), Attribute::Text("7".into())]
        );
        assert_eq!(second.attributes, [Attribute::Null, Attribute::Null, Attribute::Null]);
        assert_eq!(layer.features.fields[1].name, "A_1");
        assert_eq!(layer.warnings.len(), 3, "{:?}", layer.warnings);
    }

    #[test]
    fn points_join_multipoints_and_other_types_are_counted() {
        let options = options();
        let mut gathering = Gathering::new(&options, FeatureSet::default());
        let point = Point { xy: [1.0, 2.0], z: Some(3.0), m: None };
        gathering.push(Vec::new(), Some(Geometry::Point(point)));
        gathering.push(Vec::new(), Some(Geometry::Multipoint(Path::from_xy(vec![[0.0, 0.0]]))));
        gathering.push(Vec::new(), Some(Geometry::Polyline(vec![Path::from_xy(vec![[0.0, 0.0]])])));
        let layer = gathering.finish("layer");
        assert_eq!(layer.features.geometry_type, Some(GeometryType::Multipoint));
        assert!(layer.features.has_z);
        let Some(Geometry::Multipoint(points)) = &layer.features.features[1].geometry else { panic!() };
        assert!(points.z[0].is_nan());
        assert_eq!(layer.features.features[2].geometry, None);
        assert!(layer.warnings[0].starts_with("1 features"), "{:?}", layer.warnings);
    }
}
