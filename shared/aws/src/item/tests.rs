//! Claims about items: what goes in comes out, and it stays small.

use super::*;
use gp_core::{BodySize, Cost, Message, ResultInfo};
use proptest::prelude::*;

fn any_payload() -> impl Strategy<Value = Payload> {
    prop_oneof![
        Just(Payload::Stored),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Payload::Inline(bytes.into())),
    ]
}

fn any_result() -> impl Strategy<Value = ResultInfo> {
    ("[A-Za-z_]{1,9}", any::<Option<u64>>(), any::<bool>(), any::<(u64, u64)>()).prop_map(
        |(name, feature_count, has_z_or_m, (plain_bytes, stored_bytes))| ResultInfo {
            name,
            data_type: "GPFeatureRecordSetLayer".into(),
            feature_count,
            has_z_or_m,
            size: BodySize { plain_bytes, stored_bytes },
        },
    )
}

prop_compose! {
    fn any_job()(
        bits: u128,
        folder in "[A-Za-z]{0,5}",
        task in "\\PC{1,9}",
        status in proptest::sample::select(JobStatus::ALL.to_vec()),
        texts in proptest::collection::vec(".{0,20}", 0..5),
        progress in proptest::option::of((".{0,20}", any::<Option<u8>>())),
        times: (i64, Option<i64>, Option<i64>),
        lease: (u32, i64),
        results in proptest::collection::vec(any_result(), 0..3),
        usd in proptest::option::of(0.0..1e3_f64),
        payloads in proptest::option::of((any_payload(), proptest::collection::vec(any_payload(), 0..3))),
    ) -> Job {
        Job {
            id: JobId::from_random(bits),
            service: ServiceName::new(&folder, "Tasks"),
            task,
            status,
            messages: texts.into_iter().map(Message::warning).collect(),
            progress: progress.map(|(message, percent)| Progress { message, percent }),
            submitted_at_ms: times.0,
            ended_at_ms: times.1,
            expires_at_ms: times.2,
            lease: Lease { attempt: lease.0, until_ms: lease.1 },
            results,
            cost: usd.map(|usd| Cost { gb_seconds: usd * 3.0, calls: 7, bytes: 9, usd }),
            payloads: payloads.map(|(inputs, results)| Payloads { inputs, results }),
        }
    }
}

proptest! {
    #[test]
    fn a_job_comes_back_as_it_was(job in any_job()) {
        prop_assert_eq!(job_of(item_of(&job, [1; 8]).unwrap()).unwrap(), job);
    }

    #[test]
    fn an_item_without_any_of_its_attributes_is_a_job_or_an_error(job in any_job(), index: prop::sample::Index) {
        let mut item = item_of(&job, [1; 8]).unwrap();
        let names: Vec<String> = item.keys().cloned().collect();
        item.insert(index.get(&names).clone(), AttributeValue::Bool(true));
        let _ = job_of(item);
    }

    #[test]
    fn only_an_unfinished_job_is_due(job in any_job()) {
        let item = item_of(&job, [1; 8]).unwrap();
        prop_assert_eq!(item.contains_key(a::DUE_MS), !job.status.is_terminal());
        prop_assert_eq!(item.contains_key(a::TTL), job.expires_at_ms.is_some());
    }
}

#[test]
fn a_record_is_removed_a_day_after_its_payloads() {
    assert_eq!(ttl_s(1_000_000_999), 1_000_000 + 86_400);
}

#[test]
fn a_waiting_job_takes_little_beside_its_inputs() {
    let job = gp_core::testing::new_job();
    let bytes = crate::size::item_bytes(&item_of(&job, [1; 8]).unwrap());
    assert!(bytes < 300, "{bytes} bytes");
}

#[test]
fn a_finished_job_of_three_outputs_stays_below_a_kilobyte_and_a_half() {
    let result = |name: &str| ResultInfo {
        name: name.into(),
        data_type: "GPFeatureRecordSetLayer".into(),
        feature_count: Some(1_000_000),
        has_z_or_m: false,
        size: BodySize { plain_bytes: 200 << 20, stored_bytes: 20 << 20 },
    };
    let said = [
        "Submitted.",
        "Executing...",
        "Start Time: Monday, November 23, 2026 3:26:49 PM",
        "Estimated cost: $0.00001230 (0.250 GB-seconds, 6 calls, 1.5 KB; prices of us-east-1, x86_64, November 2026).",
        "Succeeded at Monday, November 23, 2026 3:26:49 PM (Elapsed Time: 0.25 seconds)",
    ];
    let job = Job {
        status: JobStatus::Succeeded,
        messages: said.map(Message::info).to_vec(),
        ended_at_ms: Some(1_700_000_000_000),
        expires_at_ms: Some(1_700_000_000_000),
        results: vec![result("Output_Features"), result("Other_Features"), result("More_Features")],
        cost: Some(Cost { gb_seconds: 0.123_456_789, calls: 6, bytes: 1 << 20, usd: 1.234_567_8e-5 }),
        payloads: Some(Payloads { inputs: Payload::Stored, results: vec![Payload::Stored; 3] }),
        ..gp_core::testing::new_job()
    };
    let bytes = crate::size::item_bytes(&item_of(&job, [1; 8]).unwrap());
    assert!(bytes < 1536, "{bytes} bytes");
}
