//! The spatial relations by which Spatial Join finds its matches.

use gp_core::Choices;
use gp_esri::{Geometry, Point};
use gp_geometry::{
    Location, Shape, centroid, completely_contains, completely_within, contains, contains_clementini,
    crossed_by_outline, distance, identical, intersects, shares_line_segment, touches, within,
    within_clementini, within_distance,
};

/// When a join feature matches a target feature.
#[derive(Choices, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MatchOption {
    Intersect,
    WithinADistance,
    WithinADistanceGeodesic,
    Contains,
    CompletelyContains,
    ContainsClementini,
    Within,
    CompletelyWithin,
    WithinClementini,
    AreIdenticalTo,
    BoundaryTouches,
    ShareALineSegmentWith,
    CrossedByTheOutlineOf,
    HaveTheirCenterIn,
    Closest,
    ClosestGeodesic,
}

impl MatchOption {
    /// Whether the nearest join feature is the only match.
    pub(crate) fn is_closest(self) -> bool {
        matches!(self, MatchOption::Closest | MatchOption::ClosestGeodesic)
    }

    /// Whether distances decide.
    pub(crate) fn is_by_distance(self) -> bool {
        self.is_closest()
            || matches!(self, MatchOption::WithinADistance | MatchOption::WithinADistanceGeodesic)
    }

    /// Whether distances are wanted on the ellipsoid even for projected features.
    pub(crate) fn is_geodesic(self) -> bool {
        matches!(self, MatchOption::WithinADistanceGeodesic | MatchOption::ClosestGeodesic)
    }

    /// Whether a point matches a polygon on this side of its border, either as target or as join feature; `None` where
    /// points and polygons have no such relation.
    pub(crate) fn matches_at(self, location: Location, target_is_point: bool) -> Option<bool> {
        let is_within = match self {
            MatchOption::Intersect => location != Location::Outside,
            MatchOption::BoundaryTouches => location == Location::Boundary,
            MatchOption::Within | MatchOption::HaveTheirCenterIn if target_is_point => {
                location != Location::Outside
            }
            MatchOption::CompletelyWithin | MatchOption::WithinClementini if target_is_point => {
                location == Location::Inside
            }
            MatchOption::Contains if !target_is_point => location != Location::Outside,
            MatchOption::CompletelyContains | MatchOption::ContainsClementini if !target_is_point => {
                location == Location::Inside
            }
            _ => return None,
        };
        Some(is_within)
    }

    /// Whether the join feature matches, for every option but the closest.
    pub(crate) fn matches(
        self,
        target: &Shape,
        join: &Shape,
        target_geometry: &Geometry,
        reach: f64,
    ) -> bool {
        match self {
            MatchOption::Intersect => intersects(target, join),
            MatchOption::WithinADistance | MatchOption::WithinADistanceGeodesic => {
                within_distance(target, join, reach)
            }
            MatchOption::Contains => contains(target, join),
            MatchOption::CompletelyContains => completely_contains(target, join),
            MatchOption::ContainsClementini => contains_clementini(target, join),
            MatchOption::Within => within(target, join),
            MatchOption::CompletelyWithin => completely_within(target, join),
            MatchOption::WithinClementini => within_clementini(target, join),
            MatchOption::AreIdenticalTo => identical(target, join),
            MatchOption::BoundaryTouches => touches(target, join),
            MatchOption::ShareALineSegmentWith => shares_line_segment(target, join),
            MatchOption::CrossedByTheOutlineOf => crossed_by_outline(target, join),
            MatchOption::HaveTheirCenterIn => centroid(target_geometry).is_some_and(|center| {
                intersects(&Shape::new(&Geometry::Point(Point::from_xy(center))), join)
            }),
            MatchOption::Closest | MatchOption::ClosestGeodesic => distance(target, join) <= reach,
        }
    }
}
