//! Placemarks into the feature sets that they make: one a geometry type.

use super::document::{Document, RawLayer};
use super::placemark::{Column, Placemark, Source, milliseconds_of};
use crate::budget::Budget;
use crate::column_types::{self, settle_dates, value_of};
use crate::field_names::{UniqueNames, adopt_object_id, make_unique};
use crate::{FormatError, ReadLayer, ReadOptions};
use gp_esri::{
    Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, Path, Point, SpatialReference,
};

/// A layer to choose: the placemarks of a folder that have a shape of one type.
pub(super) struct Part {
    pub(super) name: String,
    /// The number of the folder's layer.
    layer: usize,
    /// `None` where the folder has no shapes at all.
    shape: Option<Shape>,
    /// Whether placemarks without any shape belong to it.
    takes_shapeless: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Points,
    Lines,
    Polygons,
}

const SHAPES: [(Shape, &str); 3] =
    [(Shape::Points, "points"), (Shape::Lines, "lines"), (Shape::Polygons, "polygons")];

impl Shape {
    fn is_in(self, placemark: &Placemark) -> bool {
        match self {
            Shape::Points => !placemark.points.xy.is_empty(),
            Shape::Lines => !placemark.lines.is_empty(),
            Shape::Polygons => !placemark.polygons.is_empty(),
        }
    }
}

/// The layers of a document, their names unlike each other.
pub(super) fn parts(document: &Document) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (number, layer) in document.layers().iter().enumerate() {
        let has = |shape: Shape| layer.placemarks.iter().any(|placemark| shape.is_in(placemark));
        let shapes: Vec<(Shape, &str)> = SHAPES.into_iter().filter(|(shape, _)| has(*shape)).collect();
        if shapes.len() < 2 {
            let shape = shapes.first().map(|(shape, _)| *shape);
            parts.push(Part { name: layer.name.clone(), layer: number, shape, takes_shapeless: true });
            continue;
        }
        for (place, (shape, word)) in shapes.into_iter().enumerate() {
            let name = format!("{} ({word})", layer.name);
            parts.push(Part { name, layer: number, shape: Some(shape), takes_shapeless: place == 0 });
        }
    }
    let mut unique = UniqueNames::within(usize::MAX);
    for part in &mut parts {
        part.name = unique.named(std::mem::take(&mut part.name), " ");
    }
    parts
}

/// The feature set of a layer. What was read goes as the features come, so that there are never two of it.
pub(super) fn build(
    mut document: Document,
    part: &Part,
    options: &ReadOptions<'_>,
) -> Result<ReadLayer, FormatError> {
    let mut warnings = skipped_sentences(&document);
    let mut layer = document.take_layer(part.layer);
    drop(document);
    let columns = typed_columns(&layer);
    let mut place_of = vec![None; layer.columns.columns.len()];
    for (place, (column, _)) in columns.iter().enumerate() {
        place_of[*column] = Some(place);
    }
    let is_multipoint = layer.placemarks.iter().any(|placemark| placemark.is_multipoint);
    let mut budget = Budget::new(options);
    let mut set = FeatureSet {
        geometry_type: geometry_type_of(part.shape, &layer, is_multipoint),
        spatial_reference: Some(SpatialReference::from_wkid(4326)),
        fields: columns.iter().map(|(_, field)| field.clone()).collect(),
        ..FeatureSet::default()
    };
    let mut bad_times = 0;
    for placemark in std::mem::take(&mut layer.placemarks) {
        let is_shapeless = SHAPES.iter().all(|(shape, _)| !shape.is_in(&placemark));
        let has_shape = part.shape.is_some_and(|shape| shape.is_in(&placemark));
        let belongs = has_shape || (is_shapeless && part.takes_shapeless);
        if !belongs {
            continue;
        }
        budget.feature(columns.len(), None)?;
        let mut attributes = vec![Attribute::Null; columns.len()];
        for (column, text) in &placemark.values {
            let Some(place) = place_of.get(*column).copied().flatten() else { continue };
            let (Some((_, field)), Some(value)) = (columns.get(place), attributes.get_mut(place)) else {
                continue;
            };
            match typed(text, field.field_type, layer.columns.columns.get(*column)) {
                Some(typed) => *value = typed,
                None => bad_times += 1,
            }
        }
        set.features.push(Feature { attributes, geometry: geometry(part.shape, placemark, is_multipoint) });
    }
    if bad_times > 0 {
        warnings.push(format!("times that are no dates and were read as null: {bad_times}"));
    }
    settle_ordinates(&mut set);
    settle_dates(&mut set);
    warnings.extend(make_unique(&mut set.fields));
    Ok(ReadLayer { name: part.name.clone(), features: set, warnings })
}

fn geometry_type_of(shape: Option<Shape>, layer: &RawLayer, is_multipoint: bool) -> Option<GeometryType> {
    match shape {
        Some(Shape::Points) if is_multipoint => Some(GeometryType::Multipoint),
        Some(Shape::Points) => Some(GeometryType::Point),
        Some(Shape::Lines) => Some(GeometryType::Polyline),
        Some(Shape::Polygons) => Some(GeometryType::Polygon),
        // Nothing at all is an empty layer of points, as an empty feature set is (specification 2.7).
        None => layer.placemarks.is_empty().then_some(GeometryType::Point),
    }
}

fn geometry(shape: Option<Shape>, placemark: Placemark, is_multipoint: bool) -> Option<Geometry> {
    match shape? {
        Shape::Points if is_multipoint => {
            (!placemark.points.xy.is_empty()).then_some(Geometry::Multipoint(placemark.points))
        }
        Shape::Points => {
            let xy = *placemark.points.xy.first()?;
            let z = placemark.points.z.first().copied().filter(|z| z.is_finite());
            Some(Geometry::Point(Point { xy, z, m: None }))
        }
        Shape::Lines => (!placemark.lines.is_empty()).then_some(Geometry::Polyline(placemark.lines)),
        Shape::Polygons => (!placemark.polygons.is_empty()).then_some(Geometry::Polygon(placemark.polygons)),
    }
}

/// The columns that become fields: the number in the layer, and the field.
fn typed_columns(layer: &RawLayer) -> Vec<(usize, Field)> {
    let columns = &layer.columns.columns;
    let mut kinds = vec![column_types::Column::default(); columns.len()];
    let mut fits = vec![true; columns.len()];
    let mut counts = vec![0_usize; columns.len()];
    for (column, text) in layer.placemarks.iter().flat_map(|placemark| &placemark.values) {
        let (Some(of), Some(kind)) = (columns.get(*column), kinds.get_mut(*column)) else { continue };
        counts[*column] += usize::from(!text.trim().is_empty());
        match of.source {
            Source::Declared(declared) => fits[*column] &= value_of(text, declared).is_some(),
            Source::Data => {}
            Source::Element | Source::Time => continue,
        }
        if !text.trim().is_empty() {
            kind.add(text);
        }
    }
    let repeated = repeated_name(layer);
    let mut fields = Vec::new();
    for (number, column) in columns.iter().enumerate() {
        if repeated == Some(number) {
            continue;
        }
        let field_type = match column.source {
            Source::Element => FieldType::String,
            Source::Time => FieldType::Date,
            Source::Declared(declared) if fits[number] => declared,
            Source::Declared(_) | Source::Data => kinds[number].kind.field_type(),
        };
        let mut field = Field::new(column.name.as_str(), field_type);
        if let Some(alias) = &column.alias {
            field.alias.clone_from(alias);
        }
        adopt_object_id(&mut field, counts[number] < layer.placemarks.len());
        fields.push((number, field));
    }
    fields
}

/// The column of the placemarks' names, where it says what another column says: writers repeat a field there.
fn repeated_name(layer: &RawLayer) -> Option<usize> {
    let is_name = |column: &Column| column.source == Source::Element && column.name == "name";
    let name = layer.columns.columns.iter().position(is_name)?;
    // Counted in one go: how often each column has a value, and how often it is that of the name.
    let mut filled = vec![0_usize; layer.columns.columns.len()];
    let mut repeating = filled.clone();
    for placemark in &layer.placemarks {
        let texts = || placemark.values.iter().map(|(column, text)| (*column, text.trim()));
        let Some((_, own)) = texts().find(|(column, _)| *column == name) else {
            texts().filter(|(_, text)| !text.is_empty()).for_each(|(column, _)| filled[column] += 1);
            continue;
        };
        for (column, text) in texts().filter(|(_, text)| !text.is_empty()) {
            filled[column] += 1;
            repeating[column] += usize::from(text == own);
        }
    }
    let repeats = |(column, of): (usize, &Column)| {
        let is_data = matches!(of.source, Source::Data | Source::Declared(_));
        is_data && filled[column] == filled[name] && repeating[column] == filled[name]
    };
    layer.columns.columns.iter().enumerate().any(repeats).then_some(name)
}

/// The value in the type of its field; `None` for a time that is none.
fn typed(text: &str, field_type: FieldType, column: Option<&Column>) -> Option<Attribute> {
    if column.is_some_and(|column| column.source == Source::Time) {
        return milliseconds_of(text).map(Attribute::Integer);
    }
    Some(value_of(text, field_type).unwrap_or(Attribute::Null))
}

/// z stays only where an altitude is not zero: most writers put zeros everywhere. Measures are those of tracks.
fn settle_ordinates(set: &mut FeatureSet) {
    let high = |z: &f64| z.is_finite() && z.abs() > 0.0;
    let measured = |path: &Path| !path.m.is_empty();
    for feature in &set.features {
        match &feature.geometry {
            Some(Geometry::Point(point)) => set.has_z |= point.z.as_ref().is_some_and(high),
            Some(Geometry::Multipoint(points)) => set.has_z |= points.z.iter().any(high),
            Some(Geometry::Polyline(paths) | Geometry::Polygon(paths)) => {
                set.has_z |= paths.iter().flat_map(|path| &path.z).any(high);
                set.has_m |= paths.iter().any(measured);
            }
            None => {}
        }
    }
    let (has_z, has_m) = (set.has_z, set.has_m);
    let settle = |path: &mut Path| {
        let count = path.xy.len();
        if !has_z {
            path.z = Vec::new();
        }
        if has_m {
            path.m.resize(count, f64::NAN);
        }
    };
    for geometry in set.features.iter_mut().filter_map(|feature| feature.geometry.as_mut()) {
        match geometry {
            Geometry::Point(point) => point.z = point.z.filter(|_| has_z),
            Geometry::Multipoint(points) => settle(points),
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => paths.iter_mut().for_each(settle),
        }
    }
}

fn skipped_sentences(document: &Document) -> Vec<String> {
    let skipped = &document.skipped;
    let counts = [
        (document.links.len(), "links to other files that were not followed"),
        (
            document.other_documents,
            "other KML documents in the file, to which this one does not link, that were not read",
        ),
        (skipped.overlays, "overlays that were not read"),
        (skipped.tours, "tours that were not read"),
        (skipped.times_without_position, "times of tracks without a position that were not read"),
        (skipped.unreadable_track_times, "times of tracks that are no dates and were read as no measure"),
        (skipped.foreign_data, "elements of extended data of other kinds that were not read"),
        (skipped.models, "three-dimensional models that were not read"),
        (
            skipped.inner_folders,
            "folders within folders that were read as part of the outer one, without their names",
        ),
    ];
    let some = counts.into_iter().filter(|(count, _)| *count > 0);
    some.map(|(count, what)| format!("{what}: {count}")).collect()
}
