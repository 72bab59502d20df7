"""What a thousand synchronous tasks, a thousand jobs and an idle month cost, with the arithmetic, as markdown. Separate from
the README so that its numbers cannot go stale: `--check infra/README.md` fails when the text between the markers there
differs, `--write` puts it there. Prices come from prices.toml, memory and retention from template.yaml."""

import pathlib
import re
import sys
import tomllib

INFRA = pathlib.Path(__file__).resolve().parent
PRICES = tomllib.loads((INFRA / "prices.toml").read_text())
USD = PRICES["usd"]
BEGIN, END = "<!-- costs.py -->", "<!-- /costs.py -->"

# The work that is priced. Change them to your own.
EXECUTE_S = 0.05
EXECUTE_REPLY_KB = 10
SUBMIT_S = 0.015
POLL_S = 0.008
JOB_S = 1.0
POLLS = 5
RESULT_KB = 100
POLL_REPLY_KB = 1
JOB_ITEM_KB = 2  # while it waits and runs
ENDED_ITEM_KB = 3  # with its messages
LOG_KB = 2  # an invocation: our event, our metrics, Lambda's report, the gateway's line
TRACED = 0.05  # X-Ray's default rule: one request a second and 5 % of the rest
JANITOR_S = 0.02
# Lambda keeps five long polls of 20 s open for each queue: https://aws.amazon.com/blogs/compute/ "faster polling scale-up"
# tells how it goes on from there when messages come.
IDLE_POLLS_A_MINUTE = 5 * 60 / 20
MINUTES_A_MONTH = 30 * 24 * 60
# What AWS gives to every account every month without end. DynamoDB gives no on-demand requests.
FREE = {
    "lambda_request": 1_000_000,
    "lambda_gb_second": 400_000,
    "sqs_request": 1_000_000,
    "logs_gb": 5,
    "xray_trace": 100_000,
    "alarm_month": 10,
    "dashboard_month": 3,
    "metric_month": 10,
    "transfer_gb": 100,
}
UNITS = {
    "lambda_gb_second": "Lambda, GB-seconds",
    "lambda_storage_gb_second": "Lambda, GB-seconds of disk",
    "lambda_request": "Lambda, requests",
    "http_api_request": "HTTP API, requests",
    "dynamodb_write_unit": "DynamoDB, write units",
    "dynamodb_read_unit": "DynamoDB, read units",
    "sqs_request": "SQS, requests",
    "s3_put": "S3, PUT",
    "s3_get": "S3, GET",
    "s3_gb_month": "S3, GB-months",
    "logs_gb": "CloudWatch Logs, GB",
    "xray_trace": "X-Ray, traces",
    "transfer_gb": "Transfer out, GB",
    "alarm_month": "Alarms",
    "dashboard_month": "Dashboards",
    "metric_month": "Custom metrics",
}


def parameter(name):
    text = (INFRA.parent / "template.yaml").read_text()
    return int(re.search(rf"^  {name}:\n    Type: \w+\n    Default: \"?(\d+)", text, re.MULTILINE)[1])


API_GB = parameter("ApiMemory") / 1024
EXECUTE_GB = parameter("ExecuteMemory") / 1024
WORKER_GB = parameter("WorkerMemory") / 1024
WORKER_DISK_GB = (parameter("WorkerStorage") - 512) / 1024  # beyond what is free
JANITOR_GB = 256 / 1024
OBJECT_DAYS = parameter("RetentionDays") + 1
KB_A_GB = 1_000_000


def execute():
    """One call: the quantity of each unit, and how it comes about."""
    return {
        "http_api_request": (1, "1 request"),
        "lambda_request": (1, "1 invocation of Execute"),
        "lambda_gb_second": (EXECUTE_GB * EXECUTE_S, f"{EXECUTE_GB:.2f} GB × {EXECUTE_S} s"),
        "logs_gb": (LOG_KB / KB_A_GB, f"{LOG_KB} KB"),
        "xray_trace": (TRACED, f"{TRACED:.0%} of requests"),
        "transfer_gb": (EXECUTE_REPLY_KB / KB_A_GB, f"{EXECUTE_REPLY_KB} KB"),
    }


def job():
    """One job: submitted, polled, run, its one stored result read through the API."""
    requests = 1 + POLLS + 1
    invocations = requests + 1
    gb_seconds = API_GB * (SUBMIT_S + (POLLS + 1) * POLL_S) + WORKER_GB * JOB_S
    # A write costs the whole item. In the index of due jobs: put 1, another time (delete and put) 2, removed 1.
    writes = JOB_ITEM_KB + JOB_ITEM_KB + ENDED_ITEM_KB
    index_writes = 1 + 2 + 1
    reads = POLLS + 1
    disk = {"lambda_storage_gb_second": (WORKER_DISK_GB * JOB_S, f"{WORKER_DISK_GB:.2f} GB × {JOB_S:g} s")} if WORKER_DISK_GB else {}
    return disk | {
        "http_api_request": (requests, f"submit + {POLLS} polls + 1 result"),
        "lambda_request": (invocations, f"{requests} of Api + 1 of Worker"),
        "lambda_gb_second": (gb_seconds, f"{API_GB} GB × ({SUBMIT_S} + {POLLS + 1} × {POLL_S}) s + {WORKER_GB:.2f} GB × {JOB_S:g} s"),
        "dynamodb_write_unit": (writes + index_writes, f"put {JOB_ITEM_KB} + claim {JOB_ITEM_KB} + end {ENDED_ITEM_KB} KB, index 1 + 2 + 1"),
        "dynamodb_read_unit": (reads, f"{reads} GetItem of up to 4 KB"),
        "sqs_request": (3, "send, receive, delete"),
        "s3_put": (1, "1 stored output"),
        "s3_get": (1, "1 result"),
        "s3_gb_month": (RESULT_KB / KB_A_GB * OBJECT_DAYS / 30, f"{RESULT_KB} KB for {OBJECT_DAYS} days"),
        "logs_gb": (invocations * LOG_KB / KB_A_GB, f"{invocations} × {LOG_KB} KB"),
        "xray_trace": (requests * TRACED, f"{TRACED:.0%} of {requests} requests"),
        "transfer_gb": ((POLLS * POLL_REPLY_KB + RESULT_KB) / KB_A_GB, f"{POLLS} × {POLL_REPLY_KB} KB + {RESULT_KB} KB"),
    }


def idle_month():
    runs = MINUTES_A_MONTH
    polls = (IDLE_POLLS_A_MINUTE + 1) * MINUTES_A_MONTH
    return {
        "lambda_request": (runs, "the janitor, each minute"),
        "lambda_gb_second": (runs * JANITOR_GB * JANITOR_S, f"{runs:,} × {JANITOR_GB} GB × {JANITOR_S} s"),
        "dynamodb_read_unit": (runs * 0.5, "a scan of the empty index each minute"),
        "sqs_request": (polls, "Lambda's polls, 5 × 3 a minute; the janitor's for dead letters, 1 a minute"),
        "logs_gb": (runs * LOG_KB / 2 / KB_A_GB, f"{runs:,} × {LOG_KB // 2} KB"),
        "alarm_month": (10, "10 alarms"),
        "dashboard_month": (1, "1 dashboard"),
    }


def cost(unit, quantity):
    return quantity * USD[unit]


def beyond_free(unit, quantity):
    return max(0, quantity - FREE.get(unit, 0))


def thousand(title, bill):
    lines = [f"**{title}**", "", "| what | for one | dollars for 1,000 |", "|---|---|---|"]
    for unit, (quantity, how) in bill.items():
        lines.append(f"| {UNITS[unit]} | {how} | {1000 * cost(unit, quantity):.5f} |")
    total = sum(1000 * cost(unit, quantity) for unit, (quantity, _) in bill.items())
    return lines + [f"| **together** | | **{total:.4f}** |", ""]


def month(title, bill):
    lines = [f"**{title}**", "", "| what | quantity | dollars | beyond the free tier |", "|---|---|---|---|"]
    for unit, (quantity, how) in bill.items():
        free = cost(unit, beyond_free(unit, quantity))
        lines.append(f"| {UNITS[unit]} | {quantity:,.0f} ({how}) | {cost(unit, quantity):.3f} | {free:.3f} |".replace("| 0 (", f"| {quantity:.3f} ("))
    total = sum(cost(unit, quantity) for unit, (quantity, _) in bill.items())
    paid = sum(cost(unit, beyond_free(unit, quantity)) for unit, (quantity, _) in bill.items())
    return lines + [f"| **together** | | **{total:.2f}** | **{paid:.2f}** |", ""]


def inline_limits():
    stored = USD["s3_put"] + USD["s3_get"]
    kept_input = 3 * USD["dynamodb_write_unit"]
    kept_result = USD["dynamodb_write_unit"]
    # A result in the record makes the record longer for every read after the end; say one each for status and result twice.
    reads = 6
    million = 1_000_000
    result_6_kb = 6 * kept_result + reads * 6 / 4 * USD["dynamodb_read_unit"]
    return [
        "**Why 3 KB and 6 KB.** An object costs one PUT and one GET, "
        f"${stored * million:.2f} a million. An input in the job record is written three times (put, claim, end), each KB "
        f"${kept_input * million:.3f} a million, so the record is cheaper up to {stored / kept_input:.1f} KB. A result is written once, "
        f"${kept_result * million:.3f} a KB and million, and makes {reads} later reads dearer: at 6 KB "
        f"${result_6_kb * million:.2f} a million together, at 7 KB ${result_6_kb * million * 7 / 6:.2f}.",
        "",
    ]


def markdown():
    lines = [f"Prices: {PRICES['name']}, from `prices.toml`; free tier not counted unless it is said.", ""]
    lines += thousand(f"1,000 execute ({EXECUTE_S * 1000:.0f} ms of work each, {EXECUTE_REPLY_KB} KB reply)", execute())
    lines += thousand(f"1,000 jobs ({JOB_S:g} s of work each, {POLLS} polls, one result of {RESULT_KB} KB)", job())
    lines += month("A month in which nobody asks", idle_month())
    metrics = 10 * USD["metric_month"]
    lines += [
        f"A month with traffic adds ten custom metrics: ${metrics:.2f}, or nothing in the free tier if the account has no others. "
        "Point-in-time recovery costs by the size of the table, which is small because records expire.",
        "",
    ]
    return "\n".join(lines + inline_limits()).strip()


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("--check", "--write"):
        print(markdown())
        return
    readme = pathlib.Path(sys.argv[2])
    text = readme.read_text()
    if BEGIN not in text or END not in text:
        sys.exit(f"{readme} has no {BEGIN} … {END}")
    before, rest = text.split(BEGIN, 1)
    changed = f"{before}{BEGIN}\n{markdown()}\n{END}{rest.split(END, 1)[1]}"
    if sys.argv[1] == "--write":
        readme.write_text(changed)
    elif changed != text:
        sys.exit(f"{readme} has other costs than infra/costs.py: run python infra/costs.py --write {readme}")


if __name__ == "__main__":
    main()
