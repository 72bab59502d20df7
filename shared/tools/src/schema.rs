//! Layers brought together: the type of field that holds the values of both, the type of geometry that all have.

use gp_core::ToolError;
use gp_esri::{FeatureSet, FieldType, GeometryType};

/// The narrowest type that holds the values of both; text where nothing else does.
pub(crate) fn widest(a: FieldType, b: FieldType) -> FieldType {
    let rank = |field_type: FieldType| match field_type {
        FieldType::SmallInteger => Some(0),
        FieldType::Integer => Some(1),
        FieldType::BigInteger => Some(2),
        FieldType::Single => Some(3),
        FieldType::Double => Some(4),
        _ => None,
    };
    let is_id = |field_type: FieldType| matches!(field_type, FieldType::Guid | FieldType::GlobalId);
    match (rank(a), rank(b)) {
        _ if a == b => a,
        (Some(rank_a), Some(rank_b)) if a.is_integer() == b.is_integer() => {
            if rank_a > rank_b {
                a
            } else {
                b
            }
        }
        // A 32 bit float holds no more than a 16 bit integer exactly.
        (Some(0 | 3), Some(0 | 3)) => FieldType::Single,
        (Some(_), Some(_)) => FieldType::Double,
        _ if is_id(a) && is_id(b) => FieldType::Guid,
        _ => FieldType::String,
    }
}

/// The geometry type that all sets have. A set without features has any.
///
/// # Errors [`ToolError::InvalidParameter`] naming `parameter` and the set that differs.
pub(crate) fn common_type(
    first: Option<GeometryType>,
    others: &[FeatureSet],
    parameter: &str,
) -> Result<Option<GeometryType>, ToolError> {
    let mut common = first;
    for (number, set) in others.iter().enumerate().filter(|(_, set)| !set.features.is_empty()) {
        let Some(expected) = common else {
            common = set.geometry_type;
            continue;
        };
        if let Some(found) = set.geometry_type.filter(|found| *found != expected) {
            let reason = format!(
                "value {} holds {}, but {} is expected; all must have one type of geometry",
                number + 1,
                found.name(),
                expected.name()
            );
            return Err(ToolError::invalid(parameter, reason));
        }
    }
    Ok(common)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wider_type_holds_the_values_of_both() {
        use FieldType::{BigInteger, Date, Double, GlobalId, Guid, Integer, Single, SmallInteger, String};
        let pairs = [
            (SmallInteger, Integer, Integer),
            (BigInteger, Integer, BigInteger),
            (Integer, Single, Double),
            (SmallInteger, Single, Single),
            (Single, Double, Double),
            (Integer, String, String),
            (Date, Integer, String),
            (Guid, GlobalId, Guid),
            (Date, Date, Date),
        ];
        for (a, b, wider) in pairs {
            assert_eq!((widest(a, b), widest(b, a)), (wider, wider), "{a:?} {b:?}");
        }
    }
}
