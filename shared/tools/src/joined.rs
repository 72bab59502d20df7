//! The table of an overlay: for each layer the object id of the feature that a piece lies in, and its attributes.

use crate::limits::Counter;
use crate::reference::{drop_zm, match_reference};
use crate::table::{Carried, Table};
use gp_core::{Choices, RunContext, ToolError};
use gp_esri::{Attribute, FeatureSet, Geometry, GeometryType};

/// Which attributes of the layers a piece has.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum JoinAttributes {
    All,
    NoFid,
    OnlyFid,
}

/// What a column of object ids holds where a piece lies in no feature of the layer.
const ABSENT_ID: i64 = -1;

/// More layers are refused: each adds its columns and a level of cutting.
const MOST_LAYERS: usize = 100;

/// Refuses a list of layers that is empty or too long.
///
/// # Errors
/// [`ToolError::InvalidParameter`] naming `parameter`.
pub(crate) fn check_layers(layers: &[FeatureSet], parameter: &str) -> Result<(), ToolError> {
    match layers.len() {
        0 => Err(ToolError::invalid(parameter, "at least one layer is needed")),
        count if count > MOST_LAYERS => Err(ToolError::invalid(
            parameter,
            format!("{count} layers are more than {MOST_LAYERS}; overlay them in several runs"),
        )),
        _ => Ok(()),
    }
}

/// A piece and the rows in which it lies, one a layer.
pub(crate) struct Piece {
    pub(crate) rows: Vec<Option<usize>>,
    pub(crate) geometry: Geometry,
}

/// An output of pieces while it is filled.
pub(crate) struct Joined<'a> {
    sides: Vec<(&'a FeatureSet, Carried)>,
    with_ids: bool,
    table: Table,
}

impl<'a> Joined<'a> {
    /// With the columns of these layers, each after one for its object ids.
    pub(crate) fn new(
        layers: &[(&'a FeatureSet, &str)],
        attributes: JoinAttributes,
        geometry_type: Option<GeometryType>,
    ) -> Joined<'a> {
        let with_ids = attributes != JoinAttributes::NoFid;
        let reference = layers.first().and_then(|(set, _)| set.spatial_reference.clone());
        let mut table = Table::new(geometry_type, reference);
        let mut sides = Vec::with_capacity(layers.len());
        for (set, id_name) in layers {
            let carried = match attributes {
                JoinAttributes::OnlyFid => Carried::none(),
                JoinAttributes::All | JoinAttributes::NoFid => Carried::all(set),
            };
            if with_ids {
                table.add_integer(id_name);
            }
            table.add_carried(&carried);
            sides.push((*set, carried));
        }
        Joined { sides, with_ids, table }
    }

    /// Says that vertices carry what they carry in `set`.
    pub(crate) fn keep_zm_of(&mut self, set: &FeatureSet) {
        self.table.keep_zm_of(set);
    }

    /// Adds pieces, whose rows are those of the layers; where a piece lies in none, the id is −1 and the rest is null.
    ///
    /// # Errors
    /// The run was stopped.
    pub(crate) fn add(&mut self, pieces: Vec<Piece>, context: &RunContext) -> Result<(), ToolError> {
        let (sides, with_ids) = (&self.sides, self.with_ids);
        let row = |Piece { rows, geometry }: Piece| {
            let values = sides.iter().zip(rows).flat_map(move |((set, carried), row)| {
                let id = with_ids.then(|| Attribute::Integer(row.map_or(ABSENT_ID, |row| set.oid_of(row))));
                id.into_iter().chain(carried.values_or_nulls(row.map(|row| &set.features[row])))
            });
            (values, Some(geometry))
        };
        self.table.push_all(pieces, row, context)
    }

    /// The output.
    pub(crate) fn finish(self) -> FeatureSet {
        self.table.finish()
    }
}

/// Counts the pieces of an overlay with the layers of `parameter`.
pub(crate) fn piece_counter(parameter: &'static str) -> Counter {
    Counter::of_rows(parameter, "send fewer features or layers, or such that overlap less")
}

/// Brings layers to the reference of the first and takes their z and m away, for tools of polygons.
///
/// # Errors
/// A reference that cannot be projected.
pub(crate) fn match_layers(
    input: &mut FeatureSet,
    layers: &mut [FeatureSet],
    parameter: &str,
    context: &RunContext,
) -> Result<(), ToolError> {
    drop_zm(input, "Input Features", context);
    for layer in layers {
        match_reference(input, layer, parameter, context)?;
        drop_zm(layer, &parameter.replace('_', " "), context);
    }
    Ok(())
}
