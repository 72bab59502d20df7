//! The JSON schema of the data types (specification 1.6), which every service links to.

/// The schema, draft 7.
pub(crate) const SCHEMA: &str = include_str!("schema.json");

#[cfg(test)]
mod tests {
    use super::*;
    use gp_core::DataType;
    use serde_json::Value;

    #[test]
    fn the_schema_describes_every_data_type_and_refers_to_nothing_else() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        let definitions = schema["definitions"].as_object().unwrap();
        for data_type in [
            DataType::Boolean,
            DataType::Long,
            DataType::Double,
            DataType::String,
            DataType::StringHidden,
            DataType::SqlExpression,
            DataType::Date,
            DataType::LinearUnit,
            DataType::ArealUnit,
            DataType::TimeUnit,
            DataType::FeatureRecordSetLayer,
            DataType::RecordSet,
            DataType::Field,
            DataType::CoordinateSystem,
            DataType::SpatialReference,
            DataType::Extent,
            DataType::Envelope,
            DataType::DataFile,
            DataType::RasterData,
            DataType::RasterDataLayer,
            DataType::ValueTable,
            DataType::Composite,
        ] {
            assert!(definitions.contains_key(data_type.wire_name().as_ref()), "{data_type:?}");
        }
        for reference in SCHEMA.split("\"#/definitions/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(definitions.contains_key(name), "{name}");
        }
    }
}
