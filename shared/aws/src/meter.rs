//! What a job costs on AWS: the calls that the budget allows it, its time and its bytes, at a stated price list.

use crate::Function;
use crate::inputs::USUAL_STORAGE_MB;
use gp_core::{Cost, JobUsage, Meter};
use serde::Deserialize;

/// The price list of the repository, which `infra/costs.py` reads too.
const PRICES: &str = include_str!("../../../infra/prices.toml");

/// Memory and time of the invocation that takes a submission, about.
const SUBMIT_GB_SECONDS: f64 = 0.5 * 0.015;
/// Kilobytes of a job's record without its payloads, about.
const RECORD_KB: f64 = 1.0;
/// Write units of the index of unfinished jobs: one entry is made, moved by the claim, and removed.
const INDEX_WRITES: f64 = 4.0;
/// Moving the entry once more, as each heartbeat does.
const INDEX_WRITES_A_HEARTBEAT: f64 = 2.0;
/// Requests of a message: sent, received, deleted.
const QUEUE_REQUESTS: u32 = 3;
const KB: f64 = 1024.0;
/// Memory is billed by the GB of 1024 MB.
const MB_A_GB: f64 = 1024.0;

/// Prices jobs of a function.
#[derive(Clone, Debug)]
pub struct PriceList {
    name: String,
    usd: Usd,
    memory_gb: f64,
    /// Disk beyond what is free.
    storage_gb: f64,
}

/// The price of one of each, in US dollars.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Usd {
    lambda_gb_second: f64,
    lambda_storage_gb_second: f64,
    lambda_request: f64,
    http_api_request: f64,
    dynamodb_write_unit: f64,
    sqs_request: f64,
    s3_put: f64,
    s3_get: f64,
}

#[derive(Deserialize)]
struct Prices {
    name: String,
    usd: Usd,
}

impl PriceList {
    /// The prices for a function of that memory.
    pub fn new(function: &Function) -> PriceList {
        // A test reads the file: it is part of the program.
        let prices = toml::from_str(PRICES).unwrap_or(Prices { name: "nowhere".into(), usd: Usd::default() });
        PriceList {
            name: prices.name,
            usd: prices.usd,
            memory_gb: function.memory_mb as f64 / MB_A_GB,
            storage_gb: function.inputs.storage_mb().saturating_sub(USUAL_STORAGE_MB) as f64 / MB_A_GB,
        }
    }
}

impl Meter for PriceList {
    fn cost(&self, usage: &JobUsage) -> Cost {
        let usd = &self.usd;
        let gb_seconds = self.memory_gb * usage.run.as_secs_f64();
        let kilobytes = |bytes: u64, is_stored: bool| if is_stored { 0.0 } else { bytes as f64 / KB };
        let input_kb = kilobytes(usage.input_bytes, usage.inputs_stored);
        let result_kb = kilobytes(usage.result_bytes, usage.stored_results > 0);
        // Created and claimed; one that runs at once is created as claimed.
        let record_writes = if usage.at_once { 1 } else { 2 } + usage.heartbeats;
        let queue_requests = if usage.at_once { 0 } else { QUEUE_REQUESTS };
        let invocations = if usage.at_once { 1.0 } else { 2.0 };
        let write_units = f64::from(record_writes) * (RECORD_KB + input_kb).ceil()
            + (RECORD_KB + input_kb + result_kb).ceil()
            + INDEX_WRITES
            + INDEX_WRITES_A_HEARTBEAT * f64::from(usage.heartbeats);
        let (puts, gets) =
            (u32::from(usage.inputs_stored) + usage.stored_results, u32::from(usage.inputs_stored));
        let total = gb_seconds * usd.lambda_gb_second
            + self.storage_gb * usage.run.as_secs_f64() * usd.lambda_storage_gb_second
            + SUBMIT_GB_SECONDS * usd.lambda_gb_second
            + invocations * usd.lambda_request
            + usd.http_api_request
            + write_units * usd.dynamodb_write_unit
            + f64::from(queue_requests) * usd.sqs_request
            + f64::from(puts) * usd.s3_put
            + f64::from(gets) * usd.s3_get;
        Cost {
            gb_seconds,
            calls: record_writes + 1 + queue_requests + puts + gets,
            bytes: usage.input_bytes + usage.result_bytes,
            usd: total,
        }
    }

    fn price_list(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn list_with_storage(storage_mb: &str) -> PriceList {
        let function = Function::read(|name| match name {
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => Some("1024".into()),
            "GP_STORAGE_MB" => Some(storage_mb.into()),
            _ => None,
        });
        PriceList::new(&function.unwrap())
    }

    fn list() -> PriceList {
        list_with_storage("")
    }

    #[test]
    fn the_price_list_of_the_repository_is_read_and_has_no_free_thing() {
        let list = list();
        assert!(list.price_list().contains("us-east-1"), "{}", list.price_list());
        let usd = list.usd;
        for price in [
            usd.lambda_gb_second,
            usd.lambda_storage_gb_second,
            usd.lambda_request,
            usd.http_api_request,
            usd.dynamodb_write_unit,
            usd.sqs_request,
            usd.s3_put,
            usd.s3_get,
        ] {
            assert!(price > 0.0 && price < 0.001, "{usd:?}");
        }
    }

    #[test]
    fn a_small_job_of_one_second_costs_its_gigabyte_second_and_seven_calls_more_or_less() {
        let usage = JobUsage {
            run: Duration::from_secs(1),
            input_bytes: 500,
            result_bytes: 400,
            ..JobUsage::default()
        };
        let cost = list().cost(&usage);
        assert!((cost.gb_seconds - 1.0).abs() < 1e-9);
        assert_eq!((cost.calls, cost.bytes), (6, 900));
        assert!((1.6e-5..4e-5).contains(&cost.usd), "{}", cost.usd);
    }

    #[test]
    fn a_larger_job_costs_more() {
        let small = JobUsage { run: Duration::from_secs(1), ..JobUsage::default() };
        let dearer = [
            JobUsage { run: Duration::from_secs(2), ..small },
            JobUsage { inputs_stored: true, ..small },
            JobUsage { stored_results: 1, result_bytes: 1 << 20, ..small },
            JobUsage { heartbeats: 3, ..small },
            JobUsage { input_bytes: 3000, ..small },
        ];
        let at_once = JobUsage { at_once: true, ..small };
        assert!(list().cost(&at_once).usd < list().cost(&small).usd, "no queue and no second invocation");
        for usage in dearer {
            assert!(list().cost(&usage).usd > list().cost(&small).usd, "{usage:?}");
        }
    }
    #[test]
    fn a_disk_costs_what_is_beyond_the_half_gigabyte_that_is_free() {
        let usage = JobUsage { run: Duration::from_secs(1000), ..JobUsage::default() };
        let usd = |storage_mb| list_with_storage(storage_mb).cost(&usage).usd;
        for free in ["512", "0"] {
            assert!((usd(free) - usd("")).abs() < 1e-15, "{free}");
        }
        let two_gb_more = usd("2560") - usd("");
        assert!((two_gb_more - 2.0 * 1000.0 * 3.09e-8).abs() < 1e-9, "{two_gb_more}");
    }
}
