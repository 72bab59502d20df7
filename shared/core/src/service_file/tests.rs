use super::*;
use crate::{Choices, Inputs, Outputs, Published, RunContext, Tool, ToolError, Value};

struct Grow;

#[derive(Inputs)]
struct GrowInputs {
    /// How often.
    #[parameter(default = 1)]
    times: i64,
    /// Which way.
    #[parameter(default = Way::Up)]
    way: Way,
}

#[derive(Outputs)]
struct GrowOutputs {
    /// The sum.
    sum: i64,
}

#[derive(Choices)]
enum Way {
    Up,
    FarDown,
}

impl Tool for Grow {
    const NAME: &'static str = "Grow";
    const DESCRIPTION: &'static str = "Grows.";
    const TOOLSET: &'static str = "Samples";
    type Inputs = GrowInputs;
    type Outputs = GrowOutputs;

    fn run(inputs: GrowInputs, _: &RunContext) -> Result<GrowOutputs, ToolError> {
        let sign = match inputs.way {
            Way::Up => 1,
            Way::FarDown => -1,
        };
        Ok(GrowOutputs { sum: inputs.times * sign })
    }
}

const HEAD: &str = "name = \"S\"\nexecution_type = \"synchronous\"\nmaximum_records = 10\ntime_limit_s = 5\n";

fn read(rest: &str) -> Result<Service, String> {
    static GROW: Published<Grow> = Published::new();
    read_service("s.toml", &format!("{HEAD}{rest}"), &[&GROW]).map_err(|error| error.to_string())
}

fn refusal(rest: &str) -> String {
    read(rest).err().unwrap()
}

#[test]
fn a_task_can_be_renamed_with_other_defaults_and_fewer_choices() {
    let service = read(
        "[[task]]\ntool = \"Grow\"\nname = \"Grow more\"\n[task.defaults]\nTimes = 3\nWay = \"FAR_DOWN\"\n\
         [task.choices]\nWay = [\"FAR_DOWN\"]\n",
    );
    let service = service.unwrap_or_else(|error| panic!("{error}"));
    let task = service.task("Grow more").unwrap();
    assert_eq!(task.inputs()[0].default, Value::Long(3));
    assert_eq!(task.inputs()[1].choices, ["FAR_DOWN"]);
    assert_eq!(task.outputs()[0].name, "Sum");
}

#[test]
fn a_wrong_file_is_refused_with_line_and_reason() {
    assert_eq!(
        refusal("[[task]]\ntool = \"Grwo\"\n"),
        "s.toml:6: there is no tool \"Grwo\"; the tools are Grow"
    );
    assert!(refusal("[[task]]\ntool = 5\n").starts_with("s.toml:6: "));
    assert!(refusal("colour = 1\n").starts_with("s.toml:5: unknown field `colour`"));
    assert!(refusal("").starts_with("s.toml:1: the service has no [[task]]"));
    let task = "[[task]]\ntool = \"Grow\"\n";
    assert!(refusal(&format!("{task}{task}")).starts_with("s.toml:8: the task \"Grow\" is listed twice"));
    assert!(refusal(&format!("{task}name = \"a-b\"\n")).starts_with("s.toml:7: \"a-b\" is no task name"));
    let defaults = format!("{task}[task.defaults]\n");
    assert_eq!(
        refusal(&format!("{defaults}Times = \"x\"\n")),
        "s.toml:8: Times: \"x\" is not a whole number between -4503599627370495 and 4503599627370495"
    );
    assert!(
        refusal(&format!("{defaults}Size = 1\n"))
            .starts_with("s.toml:8: \"Size\" is no input of Grow; its inputs are")
    );
    let choices = format!("{task}[task.choices]\n");
    assert!(refusal(&format!("{choices}Way = [\"LEFT\"]\n")).starts_with("s.toml:8: \"LEFT\" is not among"));
    assert!(refusal(&format!("{choices}Way = [\"FAR_DOWN\"]\n")).contains("the default \"UP\" is not among"));
    assert!(refusal(&format!("{choices}Times = [\"1\"]\n")).contains("Times is no text"));
}

#[test]
fn a_service_takes_uploads_when_its_file_says_so() {
    let uploads =
        |table: &str| read(&format!("{table}[[task]]\ntool = \"Grow\"\n")).map(|service| service.uploads);
    assert_eq!(uploads("").unwrap(), None);
    let usual = uploads("[uploads]\n").unwrap().unwrap();
    assert_eq!(usual.max_file_bytes, 2 << 30);
    assert!(usual.file_types.iter().any(|known| known == "gpkg"));
    let own = uploads("[uploads]\nmax_file_size_mb = 1\nallowed_file_types = [\"CSV\", \"las\"]\n")
        .unwrap()
        .unwrap();
    assert_eq!(own, UploadLimits { max_file_bytes: 1 << 20, file_types: vec!["csv".into(), "las".into()] });
    for (bad, expected) in [
        ("max_file_size_mb = 0", "s.toml:6: max_file_size_mb must be at least 1"),
        ("max_file_size_mb = 9999", "s.toml:6: max_file_size_mb must be at most 5120"),
        ("allowed_file_types = []", "s.toml:6: a list of file types must not be empty"),
        ("allowed_file_types = [\".csv\"]", "s.toml:6: \".csv\" is no file type"),
    ] {
        let reason = uploads(&format!("[uploads]\n{bad}\n")).err().unwrap();
        assert!(reason.starts_with(expected), "{reason}");
    }
}
