//! Create Random Points: points at random in polygons, on lines, among points or in an extent.
//!
//! **Method.** In a polygon, random positions are drawn in boxes that cover it and kept when they lie in it. On a line, a
//! position is drawn by length. Points are drawn from a layer of points, or from the points of each multipoint, none
//! twice. With `Minimum_Allowed_Distance` a position that is too near to an earlier one of the same feature is drawn
//! again, a limited number of times; points of different features may be nearer. Numbers come from SplitMix64 (Steele,
//! Lea and Flood, 2014), one sequence for each feature, so that a run with the same `Seed` gives the same points.
//!
//! **Inputs.** Features of any geometry type, or an extent given as `xmin ymin xmax ymax` or as an Esri envelope, which
//! only counts where there are no features. Features without geometry get no points, with a warning. Z and m are ignored.
//!
//! **Spatial reference and units.** The points are in the reference of the features or of the extent. In degrees, polygons
//! and extents are filled evenly by area on the sphere, lines by length on the ellipsoid, and a distance in a linear unit
//! is measured on the ellipsoid; edges are straight in the coordinates.
//!
//! **Output.** Points with `CID`, the object id of the feature that each lies in (0 for an extent), in the order of the
//! features. Of a layer of points `Number_of_Points` is the number of all, else that of each feature.
//!
//! **Errors.** Neither features nor extent; an unknown field; more than 10 million points. Where fewer points than asked
//! find room, a warning says how many.

mod places;
mod random;
mod spacing;

use crate::distance::{reach, warn_without_reference};
use crate::each::{each, warn_of_rows};
use crate::extent::{Area, read_area};
use crate::limits::refuse_too_many;
use crate::reference::crs_of;
use crate::table::Table;
use gp_core::{Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, Envelope, FeatureSet, Geometry, GeometryType, LinearUnit, Point, Xy};
use gp_geometry::Crs;
use places::{Ground, Place};
use random::Random;
use spacing::Spacing;

/// So many positions in a row that are too near to others end the search for one more.
const MOST_TRIES: usize = 2_000;
/// So many positions in a row outside of a polygon end it too: it has next to no area.
const MOST_MISSES: usize = 100_000;
/// Points are made between two looks at the clock.
const CHECKED: usize = 1024;

/// Makes points at random.
pub(crate) struct CreateRandomPoints;

/// What Create Random Points takes.
#[derive(Inputs)]
pub(crate) struct CreateRandomPointsInputs {
    /// The polygons, lines or points in or on which points are made. Give these or Constraining_Extent.
    constraining_features: Option<FeatureSet>,
    /// Where points are made when there are no features: xmin ymin xmax ymax, or an envelope as JSON.
    constraining_extent: Option<String>,
    /// How many points: a number, or a field with a number for each polygon or line.
    #[parameter(name = "Number_of_Points", default = "100".to_owned(), depends_on = "Constraining_Features")]
    number_of_points: String,
    /// No two points of a feature are nearer to each other.
    minimum_allowed_distance: Option<LinearUnit>,
    /// Another number gives other points; the same number gives the same points again.
    #[parameter(default = 0)]
    seed: i64,
}

/// What Create Random Points gives.
#[derive(Outputs)]
pub(crate) struct CreateRandomPointsOutputs {
    /// The points.
    output_features: FeatureSet,
}

impl Tool for CreateRandomPoints {
    const NAME: &'static str = "CreateRandomPoints";
    const DESCRIPTION: &'static str =
        "Makes points at random in polygons, on lines, among points or in an extent, with a least distance.";
    const TOOLSET: &'static str = "Sampling";
    type Inputs = CreateRandomPointsInputs;
    type Outputs = CreateRandomPointsOutputs;

    fn run(
        inputs: CreateRandomPointsInputs,
        context: &RunContext,
    ) -> Result<CreateRandomPointsOutputs, ToolError> {
        let has_features = inputs.constraining_features.is_some();
        let (set, parameter) = ground(inputs.constraining_features, inputs.constraining_extent.as_deref())?;
        let crs = crs_of(&set, parameter)?;
        let numbers = numbers(&set, &inputs.number_of_points)?;
        let spacing = spacing(inputs.minimum_allowed_distance, crs.as_ref(), context)?;
        let ground = Ground::new(crs.as_ref());
        let empty: Vec<usize> = (0..set.features.len())
            .filter(|row| set.features[*row].geometry.is_none() && numbers[*row] > 0)
            .collect();
        warn_of_rows(&empty, &set, "have no geometry, so they get no points", context);
        let seed = inputs.seed as u64;
        let points = if set.geometry_type == Some(GeometryType::Point) {
            among_points(&set, &numbers, spacing, seed, context)?
        } else {
            each(context, set.features.len(), "Making points", |row| {
                let Some(geometry) = &set.features[row].geometry else { return Ok(Vec::new()) };
                if numbers[row] == 0 {
                    return Ok(Vec::new());
                }
                let place = Place::new(geometry, &ground);
                let found =
                    draw(place, &ground, numbers[row], spacing.clone(), Random::new(seed, row), context)?;
                Ok(found.into_iter().map(|position| (row, position)).collect())
            })?
        };
        warn_of_missing(&set, &numbers, &points, context);
        let cid = |row: usize| if has_features { set.oid_of(row) } else { 0 };
        let mut table = Table::new(Some(GeometryType::Point), set.spatial_reference.clone());
        table.add_integer("CID");
        for (row, position) in points.into_iter().flatten() {
            table.push([Attribute::Integer(cid(row))], Some(Geometry::Point(Point::from_xy(position))));
        }
        Ok(CreateRandomPointsOutputs { output_features: table.finish() })
    }
}

/// The features, or the extent as one of them, with the parameter that it came from.
fn ground(
    features: Option<FeatureSet>,
    extent: Option<&str>,
) -> Result<(FeatureSet, &'static str), ToolError> {
    let names = ["Constraining_Features", "Constraining_Extent"];
    if let Some(features) = features {
        return Ok((features, names[0]));
    }
    let Some(Area { envelope, spatial_reference }) = read_area(None, extent, names)? else {
        return Err(ToolError::invalid(names[1], "give an extent, or Constraining_Features"));
    };
    let Envelope { xmin, ymin, xmax, ymax } = envelope;
    if xmin >= xmax || ymin >= ymax {
        return Err(ToolError::invalid(names[1], "the extent has no area"));
    }
    let ring = gp_esri::Path::from_xy(envelope.ring().to_vec());
    let feature = gp_esri::Feature { attributes: Vec::new(), geometry: Some(Geometry::Polygon(vec![ring])) };
    let set = FeatureSet {
        geometry_type: Some(GeometryType::Polygon),
        spatial_reference,
        features: vec![feature],
        ..FeatureSet::default()
    };
    Ok((set, names[1]))
}

/// How many points each feature gets; of a layer of points, the first row stands for all.
fn numbers(set: &FeatureSet, text: &str) -> Result<Vec<usize>, ToolError> {
    const NAME: &str = "Number_of_Points";
    let text = text.trim();
    let is_points = set.geometry_type == Some(GeometryType::Point);
    let wanted: Vec<usize> = if let Ok(number) = text.parse::<i64>() {
        let number = usize::try_from(number).map_err(|_| {
            ToolError::invalid(NAME, format!("{number} is no number of points; it must not be below 0"))
        })?;
        let rows = if is_points { 1 } else { set.features.len() };
        // The rest of a layer of points has none of its own.
        (0..set.features.len()).map(|row| if row < rows { number } else { 0 }).collect()
    } else {
        let names = || set.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ");
        let column = set.field_index(text).filter(|column| set.fields[*column].field_type.is_numeric());
        let Some(column) = column else {
            return Err(ToolError::invalid(
                NAME,
                format!(
                    "{text:?} is neither a whole number nor a field of numbers; the fields are {}",
                    names()
                ),
            ));
        };
        if is_points {
            return Err(ToolError::invalid(
                NAME,
                "a field needs polygons or lines; give a number for points",
            ));
        }
        set.features.iter().map(|feature| whole(feature.attributes.get(column))).collect()
    };
    let total = wanted.iter().fold(0, |total: usize, number| total.saturating_add(*number));
    refuse_too_many(total as f64, "points", NAME, "ask for fewer")?;
    Ok(wanted)
}

/// A value as a number of points: none for null and what is below 1.
fn whole(value: Option<&Attribute>) -> usize {
    match value {
        Some(Attribute::Integer(number)) => usize::try_from(*number).unwrap_or(0),
        Some(Attribute::Double(number)) if *number >= 1.0 => *number as usize,
        _ => 0,
    }
}

fn spacing(
    distance: Option<LinearUnit>,
    crs: Option<&Crs>,
    context: &RunContext,
) -> Result<Option<Spacing>, ToolError> {
    const NAME: &str = "Minimum_Allowed_Distance";
    let Some(distance) = distance else { return Ok(None) };
    if distance.distance < 0.0 {
        return Err(ToolError::invalid(NAME, format!("{} is below 0", distance.distance)));
    }
    warn_without_reference(crs, &[distance], NAME, context);
    if distance.distance <= 0.0 {
        return Ok(None);
    }
    Ok(Some(Spacing::new(reach(distance, crs, NAME)?, crs)))
}

/// Points in or on a place, as many as wanted or as find room.
fn draw(
    mut place: Place,
    ground: &Ground,
    wanted: usize,
    mut spacing: Option<Spacing>,
    mut random: Random,
    context: &RunContext,
) -> Result<Vec<Xy>, ToolError> {
    let mut found: Vec<Xy> = Vec::with_capacity(wanted.min(place.most_points()));
    let (mut misses, mut crowded, mut drawn) = (0, 0, 0_usize);
    while found.len() < wanted && misses < MOST_MISSES && crowded < MOST_TRIES {
        drawn += 1;
        if drawn.is_multiple_of(CHECKED) {
            context.check()?;
        }
        let Some(position) = place.draw(ground, &mut random) else {
            misses += 1;
            continue;
        };
        if spacing.as_mut().is_some_and(|spacing| !spacing.add(position)) {
            crowded += 1;
            continue;
        }
        (misses, crowded) = (0, 0);
        found.push(position);
    }
    Ok(found)
}

/// Points with the row that each lies in, in lists whose order is that of the output.
type Found = Vec<Vec<(usize, Xy)>>;

/// Points out of a layer of points, in the order of its rows.
fn among_points(
    set: &FeatureSet,
    numbers: &[usize],
    mut spacing: Option<Spacing>,
    seed: u64,
    context: &RunContext,
) -> Result<Found, ToolError> {
    let positions = set.features.iter().enumerate().filter_map(|(row, feature)| match feature.geometry {
        Some(Geometry::Point(point)) => Some((row, point.xy)),
        _ => None,
    });
    let mut left: Vec<(usize, Xy)> = positions.collect();
    let wanted = numbers.first().copied().unwrap_or(0);
    let mut random = Random::new(seed, 0);
    let mut found: Vec<(usize, Xy)> = Vec::new();
    while found.len() < wanted && !left.is_empty() {
        if left.len().is_multiple_of(CHECKED) {
            context.check()?;
        }
        let (row, position) = left.swap_remove(random.below(left.len()));
        if spacing.as_mut().is_none_or(|spacing| spacing.add(position)) {
            found.push((row, position));
        }
    }
    found.sort_by_key(|(row, _)| *row);
    Ok(vec![found])
}

fn warn_of_missing(set: &FeatureSet, numbers: &[usize], points: &Found, context: &RunContext) {
    let total: usize = numbers.iter().sum();
    let made: usize = points.iter().map(Vec::len).sum();
    if made == total {
        return;
    }
    let text = format!("got fewer points than asked for: {made} of {total} in all found room");
    if points.len() != numbers.len() || set.fields.is_empty() {
        context.warning(format!("Number_of_Points: {made} of {total} points found room"));
        return;
    }
    let short: Vec<usize> = (0..numbers.len())
        .filter(|row| points[*row].len() < numbers[*row] && set.features[*row].geometry.is_some())
        .collect();
    warn_of_rows(&short, set, &text, context);
}

#[cfg(test)]
mod tests;
