//! Lists of coordinates: `longitude,latitude[,altitude]`, divided by white space.

use crate::FormatError;
use crate::budget::Budget;
use crate::ordinates::coordinate;
use crate::text::shortened;
use gp_esri::Path;

/// The positions of a list; z is NaN where there is no altitude. Spaces around commas, which people write, divide nothing.
pub(super) fn read(text: &str, budget: &mut Budget<'_>) -> Result<Path, FormatError> {
    let mut path = Path::default();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let mut ordinates = [f64::NAN; 3];
        let mut count = 0;
        loop {
            let end = rest.find(|letter: char| letter == ',' || letter.is_whitespace()).unwrap_or(rest.len());
            let (token, after) = rest.split_at(end);
            let Some(value) = coordinate(token) else {
                return Err(wrong(format!("{:?} is no coordinate", shortened(token))));
            };
            if let Some(ordinate) = ordinates.get_mut(count) {
                *ordinate = value;
            }
            count += 1;
            rest = after.trim_start();
            match rest.strip_prefix(',') {
                Some(after) => rest = after.trim_start(),
                None => break,
            }
            // A comma after the last number, before the next position or the end.
            if rest.is_empty() {
                break;
            }
        }
        push(&mut path, ordinates, count, budget)?;
    }
    Ok(path)
}

/// The position of a `gx:coord`, whose numbers are divided by spaces.
pub(super) fn read_spaced(text: &str, path: &mut Path, budget: &mut Budget<'_>) -> Result<(), FormatError> {
    let mut ordinates = [f64::NAN; 3];
    let mut count = 0;
    for token in text.split_whitespace() {
        let Some(value) = coordinate(token) else {
            return Err(wrong(format!("{:?} is no coordinate", shortened(token))));
        };
        if let Some(ordinate) = ordinates.get_mut(count) {
            *ordinate = value;
        }
        count += 1;
    }
    push(path, ordinates, count, budget)
}

fn push(
    path: &mut Path,
    [longitude, latitude, altitude]: [f64; 3],
    count: usize,
    budget: &mut Budget<'_>,
) -> Result<(), FormatError> {
    if !(2..=3).contains(&count) {
        return Err(wrong(format!("a position has {count} numbers and not two or three")));
    }
    budget.vertices(1)?;
    path.xy.push([longitude, latitude]);
    path.z.push(altitude);
    Ok(())
}

/// The place is added where it is known.
fn wrong(reason: String) -> FormatError {
    FormatError::malformed(super::FORMAT, reason)
}
