//! Random requests: any tool, any layers, any values, many of them at once. More of them by `cargo xtask fuzz`.

use crate::judge::faults;
use crate::layers::{self, Layer};
use crate::requests::{Request, takes_layers, values};
use crate::run::{LIMIT, run, watched};
use gp_core::{DataType, Task};
use proptest::prelude::*;
use std::sync::LazyLock;
use std::time::Duration;

/// What proptest tries unless PROPTEST_CASES says otherwise.
const USUAL_CASES: u32 = 256;
const TIME_LIMIT: Duration = Duration::from_millis(500);

static LAYERS: LazyLock<Vec<Layer>> = LazyLock::new(|| layers::all().unwrap());

/// A request whose every choice is made by one of the numbers: the first value, or none, more often than others.
fn request(tool: &dyn Task, numbers: &[u16]) -> Request {
    let mut request = Request::new();
    for (parameter, pair) in tool.inputs().iter().zip(numbers.chunks(2)) {
        let (first, second) = (usize::from(pair[0]), usize::from(pair[1]));
        if takes_layers(parameter) {
            let layer = |number: usize| &LAYERS[number % LAYERS.len()].json;
            let is_list = matches!(parameter.data_type, DataType::MultiValue(_));
            let text =
                if is_list { format!("[{},{}]", layer(first), layer(second)) } else { layer(first).clone() };
            request.push((parameter.name.to_string(), text));
            continue;
        }
        let values = values(parameter);
        let wanted = match second % 4 {
            0 => None,
            1 => values.first(),
            _ => values.get(first % values.len().max(1)),
        };
        request.extend(wanted.map(|text| (parameter.name.to_string(), text.clone())));
    }
    request
}

/// Whether somebody asks for more than a test run: `cargo xtask fuzz`.
pub(crate) fn is_thorough() -> bool {
    ProptestConfig::default().cases > USUAL_CASES
}

/// Requests are cheap, and of tools and parameters there are many.
fn cases() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig { cases: config.cases * 4, ..config }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_random_request_never_panics(tool in 0..gp_tools::TOOLS.len(), numbers in prop::collection::vec(any::<u16>(), 40)) {
        let tool = gp_tools::TOOLS[tool];
        let request = request(tool, &numbers);
        let what = format!("{} {:?}", tool.name(), request);
        let found = watched(move |watch| {
            watch.doing(what);
            let outcome = run(tool, &request, TIME_LIMIT);
            let mut found = faults(tool, &request, &outcome);
            let spent = watch.spent();
            if spent > LIMIT {
                found.push(format!("took {spent:?}"));
            }
            found
        });
        prop_assert!(found.is_empty(), "{found:?}");
    }
}
