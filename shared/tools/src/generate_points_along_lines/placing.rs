//! Where the points of Generate Points Along Lines lie.

use super::{GeneratePointsAlongLinesInputs, IncludeEndPoints, PointPlacement};
use crate::along::{MeasuredPaths, Ruler};
use crate::distance::{Reach, reach, warn_without_reference};
use crate::each::{each, warn_of_rows};
use crate::groups::columns_of;
use crate::limits::{MOST_ROWS, refuse_too_many};
use crate::reference::crs_of;
use gp_core::{RunContext, ToolError};
use gp_esri::{Attribute, Point};
use gp_geometry::paths_of;

/// A point nearer to the end than this share of the feature lies at the end.
const END_SHARE: f64 = 1e-9;

/// Where the points of one feature lie.
enum Places {
    /// After each multiple of this distance.
    Every(f64),
    /// At these distances.
    At(Vec<f64>),
}

/// The points of every feature, with their distances from its start.
///
/// # Errors A value is missing or out of range, too many points, or the run was stopped.
pub(super) fn points(
    inputs: &GeneratePointsAlongLinesInputs,
    context: &RunContext,
) -> Result<Vec<Vec<(f64, Point)>>, ToolError> {
    let set = &inputs.input_features;
    let crs = crs_of(set, "Input_Features")?;
    let (mut ruler, mut interval) = (Ruler::natural(crs.as_ref()), None);
    let parameter = match inputs.point_placement {
        PointPlacement::Distance => {
            let missing = || ToolError::invalid("Distance", "a distance is required for DISTANCE");
            let distance = inputs.distance.ok_or_else(missing)?;
            warn_without_reference(crs.as_ref(), &[distance], "Distance", context);
            let reach = reach(distance, crs.as_ref(), "Distance")?;
            ruler = Ruler::of(reach, crs.as_ref());
            let (Reach::Planar(units) | Reach::Geodesic(units)) = reach;
            interval = Some(units);
            "Distance"
        }
        PointPlacement::Percentage => {
            let missing = || ToolError::invalid("Percentage", "a percentage is required for PERCENTAGE");
            interval = Some(inputs.percentage.ok_or_else(missing)?);
            "Percentage"
        }
        PointPlacement::DistanceField => "Distance_Field",
    };
    if interval.is_some_and(|interval| !(interval > 0.0 && interval.is_finite())) {
        return Err(ToolError::invalid(parameter, "the interval must be more than 0"));
    }
    let measured = each(context, set.features.len(), "Measuring", |row| {
        Ok(Some(MeasuredPaths::new(paths_of(set.features[row].geometry.as_ref()), &ruler)))
    })?;
    let lengths: Vec<f64> =
        measured.iter().map(|paths| paths.as_ref().map_or(0.0, MeasuredPaths::length)).collect();
    let unmeasured: Vec<usize> = (0..lengths.len())
        .filter(|row| set.features[*row].geometry.is_some() && !has_length(lengths[*row]))
        .collect();
    warn_of_rows(&unmeasured, set, "have no length that can be measured, so they are left out", context);
    let places = match (inputs.point_placement, interval) {
        (PointPlacement::Percentage, Some(percent)) => {
            lengths.iter().map(|length| Places::Every(length * percent / 100.0)).collect()
        }
        (PointPlacement::Distance, Some(distance)) => {
            lengths.iter().map(|_| Places::Every(distance)).collect()
        }
        _ => places_of_field(inputs, &lengths, context)?,
    };
    let count = places.iter().zip(&lengths).map(|(places, length)| match places {
        Places::Every(interval) => (length / interval).ceil(),
        Places::At(distances) => distances.len() as f64,
    });
    refuse_too_many(
        count.filter(|count| !count.is_nan()).sum(),
        "points",
        parameter,
        "use a longer interval",
    )?;
    let with_ends = inputs.include_end_points == IncludeEndPoints::EndPoints;
    each(context, set.features.len(), "Placing points", |row| {
        let length = lengths[row];
        if !has_length(length) {
            return Ok(Vec::new());
        }
        let mut distances: Vec<f64> = match &places[row] {
            Places::Every(interval) => {
                let before_end = length * (1.0 - END_SHARE);
                (1..).map(|number| f64::from(number) * interval).take_while(|at| *at < before_end).collect()
            }
            Places::At(distances) => distances.iter().copied().filter(|at| *at <= length).collect(),
        };
        if with_ends {
            distances.insert(0, 0.0);
            if distances.last().is_none_or(|last| *last < length) {
                distances.push(length);
            }
        }
        let mut points = Vec::with_capacity(distances.len());
        for distance in distances {
            // One line may get millions of points.
            context.check()?;
            let point = measured[row].as_ref().and_then(|paths| paths.vertex_at(distance));
            points.extend(point.map(|point| (distance, point)));
        }
        Ok(points)
    })
}

/// NaN is none.
fn has_length(length: f64) -> bool {
    length > 0.0
}

/// The places that the values of the distance field name; none, with a warning, where a value names none.
fn places_of_field(
    inputs: &GeneratePointsAlongLinesInputs,
    lengths: &[f64],
    context: &RunContext,
) -> Result<Vec<Places>, ToolError> {
    let set = &inputs.input_features;
    let missing = || ToolError::invalid("Distance_Field", "a field is required for DISTANCE_FIELD");
    let field = inputs.distance_field.as_ref().ok_or_else(missing)?;
    let column = columns_of(set, std::slice::from_ref(field), "Distance_Field")?[0];
    let (mut wrong, mut tiny) = (Vec::new(), Vec::new());
    let mut places = Vec::with_capacity(set.features.len());
    for (row, feature) in set.features.iter().enumerate() {
        let (place, is_right) = place_of(feature.attributes.get(column).unwrap_or(&Attribute::Null));
        if !is_right {
            wrong.push(row);
        }
        // One value such as 1e-300 must not cost the points of all other features.
        if matches!(place, Places::Every(interval) if lengths[row] / interval > MOST_ROWS as f64) {
            tiny.push(row);
            places.push(Places::At(Vec::new()));
        } else {
            places.push(place);
        }
    }
    let what = "have values in the Distance Field that are no distance above 0; these are left out";
    warn_of_rows(&wrong, set, what, context);
    let what =
        format!("would get more than {MOST_ROWS} points by the Distance Field, so they get none of these");
    warn_of_rows(&tiny, set, &what, context);
    Ok(places)
}

/// What a value names, and whether all of it is a distance above 0.
fn place_of(value: &Attribute) -> (Places, bool) {
    let every = |interval: f64| match interval > 0.0 {
        true => (Places::Every(interval), true),
        false => (Places::At(Vec::new()), false),
    };
    match value {
        Attribute::Null => (Places::At(Vec::new()), false),
        Attribute::Integer(number) => every(*number as f64),
        Attribute::Double(number) => every(*number),
        Attribute::Text(text) => {
            let parsed: Vec<f64> =
                text.split(';').map(|part| part.trim().parse().unwrap_or(f64::NAN)).collect();
            let mut distances: Vec<f64> =
                parsed.iter().copied().filter(|at| *at > 0.0 && at.is_finite()).collect();
            let is_right = distances.len() == parsed.len();
            distances.sort_by(f64::total_cmp);
            (Places::At(distances), is_right)
        }
    }
}
