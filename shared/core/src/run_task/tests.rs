use super::*;
use crate::{Inputs, Outputs, Published, Tool, read_service};

/// Gives a layer back alone and twice in a list.
struct Copy;

#[derive(Inputs)]
struct CopyInputs {
    /// What is given back.
    features: FeatureSet,
}

#[derive(Outputs)]
struct CopyOutputs {
    /// It.
    one: FeatureSet,
    /// It, twice.
    list: Vec<FeatureSet>,
    /// How many layers.
    number: i64,
}

impl Tool for Copy {
    const NAME: &'static str = "Copy";
    const DESCRIPTION: &'static str = "Gives back.";
    const TOOLSET: &'static str = "Samples";
    type Inputs = CopyInputs;
    type Outputs = CopyOutputs;

    fn run(inputs: CopyInputs, _: &RunContext) -> Result<CopyOutputs, ToolError> {
        let one = inputs.features;
        Ok(CopyOutputs { list: vec![one.clone(), one.clone()], one, number: 3 })
    }
}

#[test]
fn features_are_counted_in_lists_too() {
    static COPY: Published<Copy> = Published::new();
    let text = "name = \"S\"\nexecution_type = \"synchronous\"\nmaximum_records = 10\ntime_limit_s = 5\n\
                [[task]]\ntool = \"Copy\"\n";
    let service = read_service("s.toml", text, &[&COPY]).unwrap();
    let json = r#"{"features":[{"geometry":{"x":1,"y":2}},{"geometry":{"x":3,"y":4}}]}"#;
    let features = FeatureSet::from_json(json, &gp_esri::ReadLimits::default()).unwrap().feature_set;
    let values = vec![Value::FeatureSet(features)];
    let results =
        run_task(&service, &service.tasks[0], values, OutputForm::Stored, &RunContext::silent()).unwrap();
    let counts: Vec<_> = results.iter().map(|result| (result.features, result.info.feature_count)).collect();
    assert_eq!(counts, [(2, Some(2)), (4, None), (0, None)]);
}
