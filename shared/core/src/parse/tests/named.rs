//! Data that requests name by URL or item id.

use super::*;

/// A source that has one layer and one file.
struct Shelf;

impl InputSource for Shelf {
    fn features(
        &self,
        reference: &DataReference,
        wanted: &Wanted<'_>,
    ) -> Result<SourceFeatures, SourceError> {
        if reference.url.contains("missing") {
            return Err(SourceError::Refused("there is nothing at h/missing".to_owned()));
        }
        assert_eq!(wanted.limits.max_json_depth, 64);
        let point = if reference.url.ends_with("table.csv") { "" } else { r#","geometry":{"x":1,"y":2}"# };
        let text =
            format!(r#"{{"features":[{{"attributes":{{"A":1}}{point}}},{{"attributes":{{"A":7}}}}]}}"#);
        let features = FeatureSet::from_json(&text, &ReadLimits::default()).unwrap().feature_set;
        let warnings = vec![format!("read by {}", if reference.item_id.is_empty() { "url" } else { "item" })];
        Ok(SourceFeatures { features, warnings, is_filtered: reference.url.ends_with("/0") })
    }

    fn file(&self, reference: &DataReference) -> Result<DataFile, SourceError> {
        let name = if reference.item_id.is_empty() { "lake.TIF" } else { "utm.prj" };
        let text = "PROJCS[\"x\",GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Mercator\"],UNIT[\"Meter\",1.0]]";
        Ok(DataFile(Input::new(name, Arc::new(Bytes::from(text)))))
    }
}

pub(super) fn parse_from_shelf(parameter: &Parameter, text: &str) -> Result<(Value, Vec<String>), String> {
    let limits = Limits::default();
    let reading = Reading { limits: &limits, source: &Shelf, extent: None, now_ms: 0 };
    let parameters = Parameters::from_iter([("P", text)]);
    let read = parse_values(std::slice::from_ref(parameter), &parameters, reading);
    let (mut values, warnings) = read.map_err(|error| error.details.join("|"))?;
    Ok((values.remove(0), warnings))
}

#[test]
fn features_come_by_url_or_item_and_what_the_server_did_not_filter_is_filtered_here() {
    let parameter = Parameter::input::<FeatureSet>("P", "The P", "doc");
    let count = |text: &str| {
        let (Value::FeatureSet(set), warnings) = parse_from_shelf(&parameter, text).unwrap() else {
            panic!()
        };
        (set.features.len(), warnings)
    };
    assert_eq!(count(r#"{"url":"https://h/FeatureServer/0","filter":"A>5"}"#).0, 2);
    assert_eq!(count(r#"{"url":"https://h/a.json","filter":"A>5"}"#).0, 1);
    assert_eq!(count(r#"{"itemID":"i1"}"#).1, ["The P: read by item"]);
    assert_eq!(count("https://h/a.json").1, ["The P: read by url"]);
    assert!(count("https://h/table.csv").1[1].starts_with("The P: there is no geometry in it"));
    assert_eq!(count(r#"{"features":[{"attributes":{"A":1}}],"layerDefinition":{},"filter":"A>5"}"#).0, 0);
    let error = |text: &str| parse_from_shelf(&parameter, text).unwrap_err();
    assert_eq!(error(r#"{"url":"https://h/missing"}"#), "P: there is nothing at h/missing");
    assert!(error(r#"{"url":"https://h/a.json","filter":"B>5"}"#).starts_with("P: filter: "));
    assert!(error(r#"{"portalItemID":"abc"}"#).starts_with("P: portal items are not read here"));
}

#[test]
fn named_data_is_read_elsewhere_where_there_is_no_source() {
    let parameters = Parameters::from_iter([("P", r#"{"url":"https://h/FeatureServer/0"}"#)]);
    let input = Parameter::input::<FeatureSet>("P", "The P", "doc");
    let error = parse_parameter(&input, &parameters, &Limits::default()).unwrap_err();
    assert_eq!((error.code, error.details.len()), (413, 0));
}

#[test]
fn files_are_named_by_url_or_item_and_filtered_by_extension() {
    let parameter = Parameter::input::<Option<DataFile>>("P", "The P", "doc");
    for text in ["{\"url\": \"\"}", "{'url': ''}", "None", "{}"] {
        assert_eq!(parse_from_shelf(&parameter, text).unwrap().0, Value::Null, "{text}");
    }
    let (Value::DataFile(file), _) = parse_from_shelf(&parameter, "{'url': 'https://h/x'}").unwrap() else {
        panic!()
    };
    assert_eq!(file.0.name, "lake.TIF");
    let error = parse_from_shelf(&parameter, "lake.tif").unwrap_err();
    assert!(error.starts_with("P: \"lake.tif\" is no file: expected {\"url\":"), "{error}");
    let only = |extension: &'static str| {
        let parameter = Parameter::input::<RasterData>("P", "The P", "doc");
        parse_from_shelf(
            &parameter.with_filter(Filter::File(vec![extension.into()])),
            r#"{"url":"https://h/x"}"#,
        )
    };
    let (Value::RasterData(raster), _) = only("tif").unwrap() else { panic!() };
    assert_eq!(raster.format, "tif");
    assert_eq!(only("pdf").unwrap_err(), "P: .tif is not allowed here; use pdf");
}
