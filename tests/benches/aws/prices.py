"""What a small job costs through the queue and inside its own submission, by the price list of infra/prices.toml and the
seconds that were measured here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "infra"))

import costs  # noqa: E402

FAST_API_GB = 1769 / 1024
# EchoValues: its record while it runs, and with its results and messages.
RECORD_KB, ENDED_KB = 1, 3


def dollars(quantities):
    return sum(quantity * costs.USD[unit] for unit, quantity in quantities.items())


def queued(submit_s, work_s, poll_s, polls):
    """One job through the queue: a claim more in the table, three requests of SQS, another invocation."""
    return dollars({
        "http_api_request": 1 + polls,
        "lambda_request": 2 + polls,
        "lambda_gb_second": costs.API_GB * (submit_s + polls * poll_s) + costs.WORKER_GB * work_s,
        "dynamodb_write_unit": 2 * RECORD_KB + ENDED_KB + 4,
        "dynamodb_read_unit": polls,
        "sqs_request": 3,
    })


def at_once(submit_s, poll_s, polls):
    """One job inside submitJob; every poll is paid with the larger memory."""
    return dollars({
        "http_api_request": 1 + polls,
        "lambda_request": 1 + polls,
        "lambda_gb_second": FAST_API_GB * (submit_s + polls * poll_s),
        "dynamodb_write_unit": RECORD_KB + ENDED_KB + 2,
        "dynamodb_read_unit": polls,
    })


def poll(memory_gb, seconds):
    return dollars({"http_api_request": 1, "lambda_request": 1, "lambda_gb_second": memory_gb * seconds, "dynamodb_read_unit": 1})
