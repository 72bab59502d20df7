//! The tool that the tests run, and the catalog that publishes it.

use gp_core::{
    Catalog, ExecutionType, MessageLevel, Parameter, PublishedTask, RunContext, Service, ServiceName, Task,
    ToolError, Value,
};
use std::sync::Arc;
use std::time::Duration;

/// A tool that does what its text says.
struct Puppet;

static PUPPET: Puppet = Puppet;
static PARAMETERS: std::sync::OnceLock<[Vec<Parameter>; 2]> = std::sync::OnceLock::new();

fn parameters() -> &'static [Vec<Parameter>; 2] {
    PARAMETERS.get_or_init(|| {
        let input = Parameter::input::<String>("Act", "Act", "What to do.");
        [vec![input], vec![Parameter::output::<String>("Echo", "Echo", "The text.")]]
    })
}

impl Task for Puppet {
    fn name(&self) -> &'static str {
        "Puppet"
    }

    fn description(&self) -> &'static str {
        "Does what it is told."
    }

    fn inputs(&self) -> &[Parameter] {
        &parameters()[0]
    }

    fn outputs(&self) -> &[Parameter] {
        &parameters()[1]
    }

    fn toolset(&self) -> &'static str {
        "Samples"
    }

    fn repairs_inputs(&self) -> bool {
        true
    }

    fn is_quick(&self, _: &[Value]) -> bool {
        false
    }

    fn run(&self, values: Vec<Value>, context: &RunContext) -> Result<Vec<Value>, ToolError> {
        let Some(Value::String(act)) = values.into_iter().next() else { panic!("no text") };
        match act.as_str() {
            "sleep" => std::thread::sleep(Duration::from_secs(600)),
            "listen" => loop {
                context.check()?;
                std::thread::sleep(Duration::from_millis(5));
            },
            "panic" => panic!("as told"),
            "abort" => std::process::abort(),
            "exit" => std::process::exit(7),
            "overflow" => println!("{}", overflow(1)),
            "allocate" => allocate(),
            "print" => println!("this must not reach the frames"),
            "talk" => {
                context.message(MessageLevel::Info, "one");
                context.progress(50, "half");
                context.warning("two");
            }
            "fail" => return Err(ToolError::Failed("as told".into())),
            "environment" => {
                let names: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
                return Ok(vec![Value::String(names.join(" "))]);
            }
            "pid" => return Ok(vec![Value::String(std::process::id().to_string())]),
            _ => {}
        }
        Ok(vec![Value::String(act)])
    }
}

#[expect(unconditional_recursion, reason = "that is the point")]
fn overflow(depth: u64) -> u64 {
    let page = std::hint::black_box([depth; 100]);
    overflow(depth + 1) + page[7]
}

fn allocate() {
    let mut all = Vec::new();
    loop {
        all.push(std::hint::black_box(vec![1_u8; 8 << 20]));
    }
}

/// A catalog of one service, `Test`, with one task, `Puppet`.
pub(crate) fn catalog() -> Arc<Catalog> {
    Arc::new(Catalog::new([Service {
        name: ServiceName::new("", "Test"),
        description: String::new(),
        execution_type: ExecutionType::Asynchronous,
        tasks: vec![PublishedTask::new(&PUPPET)],
        maximum_records: 1000,
        time_limit: Duration::from_secs(60),
        message_level: MessageLevel::Info,
        retention: Duration::from_secs(60),
        run_on_submit: None,
        layers: Vec::new(),
        uploads: None,
    }]))
}
