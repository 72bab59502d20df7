"""Measures the product on the AWS emulator, an echo function beside it, and prints one table. Run by `cargo xtask bench-aws`,
or with the Python of the emulator's environment:

    python tests/benches/aws/bench_aws.py --tools .tools/aws --echo target/lambda/examples/echo
"""

import argparse
import io
import os
import statistics
import time
import zipfile
from pathlib import Path

import bare
import load
import prices
from requests_sent import BUFFER, BUFFER_FORM, CATALOG, ECHO_VALUES, JOB_FORM
from stack import Stack

REPOSITORY = Path(__file__).resolve().parents[3]
PROGRAMS = {"Api and Execute": "Api", "Worker": "Worker", "Janitor": "Janitor"}
FAST = ["RunOnSubmit=true", "ApiMemory=1769"]
CONCURRENCIES = (1, 4)
ROUNDS = 3
JOBS = 60
ESTIMATES = 10
# What is compared in dollars: a client that polls each second sees a job of the queue unfinished once.
POLLS_QUEUED, POLLS_AT_ONCE = 2, 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", required=True, type=Path, help="folder with the environments emulator and sam")
    parser.add_argument("--echo", required=True, type=Path, help="the example `echo` of gp-api, of the profile `lambda`")
    parser.add_argument("--build", type=Path, default=REPOSITORY / ".aws-sam/build", help="what `sam build` made")
    parser.add_argument("--port", type=int, default=4840, help="port of the emulator")
    parser.add_argument("--seconds", type=float, default=4, help="length of each measurement under load")
    args = parser.parse_args()
    loads = [os.getloadavg()[0]]
    rows = sizes(args.build)
    with Stack(args.tools, args.build, args.port, []) as stack:
        print("alone, at a bare Runtime API", flush=True)
        stack.deliver_jobs(False)
        alone = bare.measure(stack, args.build, bare.QUEUED)
        stack.deliver_jobs(True)
        loads.append(os.getloadavg()[0])
        print("through the emulator", flush=True)
        through = requests_through(stack, stack.deploy_echo(args.echo), args.seconds)
        slow = jobs_through(stack)
    loads.append(os.getloadavg()[0])
    with Stack(args.tools, args.build, args.port, FAST) as stack:
        print("with RunOnSubmit", flush=True)
        alone |= bare.measure(stack, args.build, bare.AT_ONCE)
        fast = jobs_through(stack)
    loads.append(os.getloadavg()[0])
    rows += [alone_row(name, series) for name, series in alone.items()]
    rows += [load_row(name, rounds) for name, rounds in through.items()]
    rows += job_rows("queue", slow) + job_rows("RunOnSubmit", fast) + price_rows(alone)
    load_1 = ", ".join(f"{value:.1f}" for value in loads)
    print(f"\n{time.strftime('%F')}, {cpu()}, {os.cpu_count()} cores for everything; load average meanwhile {load_1}\n")
    print("| what | median | lowest to highest | target |\n|---|---|---|---|")
    print("\n".join(rows))


def cpu():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor")


def sizes(build):
    rows = []
    for name, function in PROGRAMS.items():
        with zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(build / f"{function}Function/bootstrap", "bootstrap")
            info = archive.infolist()[0]
        rows.append(f"| {name}: zip | {info.compress_size / 2**20:.1f} MB | unpacked {info.file_size / 2**20:.1f} MB | < 8 MB |")
    return rows


def row(name, values):
    shown = digits(values)
    return f"| {name} | {statistics.median(values):.{shown}f} | {reach(values, shown)} | |"


def digits(values):
    return 2 if statistics.median(values) < 10 else 1


def reach(values, shown=0):
    return f"{min(values):.{shown}f} – {max(values):.{shown}f}"


def alone_row(name, series):
    """Start, first and warm invocations, and what is resident after start, the first and the last of them."""
    times = {"start": "init_ms", "first": "first_ms", "warm": "warm_ms"}
    middles = [f"{word} {statistics.median(series[key]):.{digits(series[key])}f}" for word, key in times.items()]
    reaches = [f"{word} {reach(series[key], digits(series[key]))}" for word, key in times.items()]
    memory = []
    for key in ("idle_mb", "first_mb", "last_mb"):
        own, workers = (statistics.median(values) for values in zip(*series[key]))
        memory.append(f"{own:.1f} + {workers:.1f}" if workers else f"{own:.1f}")
    return f"| {name} | {', '.join(middles)} ms; {', '.join(memory)} MB | {'; '.join(reaches)} ms | start < 20 ms |"


def requests_through(stack, echo, seconds):
    path, *_ = load.run_job(load.Connection(stack.url), ECHO_VALUES, JOB_FORM)
    cases = [
        ("echo", echo, "/echo", None),
        ("catalog", stack.url, CATALOG, None),
        ("poll", stack.url, path, None),
        ("execute (Buffer of one point)", stack.url, BUFFER, BUFFER_FORM),
    ]
    results = {}
    # Round by round, so that a busy minute of the machine meets all of them.
    for _ in range(ROUNDS):
        for concurrency in CONCURRENCIES:
            for name, url, path, form in cases:
                found = load.repeat(url, path, form, concurrency, seconds)
                results.setdefault(f"{name}, {concurrency} at once", []).append(found)
    return results


def jobs_through(stack):
    results = {}
    for _ in range(ROUNDS):
        for concurrency in CONCURRENCIES:
            found = load.jobs(stack.url, ECHO_VALUES, JOB_FORM, concurrency, JOBS)
            results.setdefault(f"{concurrency} at once", []).append(found)
        results.setdefault("polls", []).append(load.polls_beside_submits(stack.url, ECHO_VALUES, JOB_FORM, 4, JOBS))
    results["estimates"] = load.own_estimates(stack.url, ECHO_VALUES, JOB_FORM, ESTIMATES)
    return results


def middle(rounds, key):
    return statistics.median(found[key] for found in rounds)


def spread(rounds, key):
    return reach([found[key] for found in rounds])


def load_row(name, rounds):
    text = f"{middle(rounds, 'per_s'):.0f} requests/s, p50 {middle(rounds, 'p50_ms'):.1f} ms, p99 {middle(rounds, 'p99_ms'):.1f} ms"
    return f"| {name} | {text} | {spread(rounds, 'per_s')} requests/s | |"


def job_rows(way, results):
    rows = []
    for concurrency in CONCURRENCIES:
        rounds = results[f"{concurrency} at once"]
        text = f"p50 {middle(rounds, 'p50_ms'):.0f} ms, p99 {middle(rounds, 'p99_ms'):.0f} ms, {middle(rounds, 'per_s'):.1f} jobs/s"
        name = f"{way}: submit to succeeded, {concurrency} at once"
        rows.append(f"| {name} | {text} | p50 {spread(rounds, 'p50_ms')} ms | |")
        submit = f"p50 {middle(rounds, 'submit_p50_ms'):.0f} ms; polls until success: {middle(rounds, 'polls'):.0f}"
        rows.append(f"| {way}: submitJob's own answer, {concurrency} at once | {submit} | {spread(rounds, 'submit_p50_ms')} ms | |")
    rows.append(load_row(f"{way}: poll of an old job while 4 submit", results["polls"]))
    return rows + [row(f"{way}: the job's own estimate, millionths of a dollar", [1e6 * usd for usd in results["estimates"]])]


def price_rows(alone):
    def seconds(name):
        return statistics.median(alone[name]["warm_ms"]) / 1000

    slow_poll, fast_poll = seconds("Api, poll"), seconds("Api with 1769 MB, poll")
    slow = prices.queued(seconds("Api, submitJob"), seconds("Worker, EchoValues"), slow_poll, POLLS_QUEUED)
    fast = prices.at_once(seconds("Api, submitJob that runs the job"), fast_poll, POLLS_AT_ONCE)
    polls = prices.poll(prices.costs.API_GB, slow_poll), prices.poll(prices.FAST_API_GB, fast_poll)
    return [
        f"| queue: a job and {POLLS_QUEUED} polls, computed | ${1e6 * slow:.2f} a million | | |",
        f"| RunOnSubmit: a job and {POLLS_AT_ONCE} poll, computed | ${1e6 * fast:.2f} a million | | |",
        f"| a further poll, Api of 256 MB; of 1,769 MB | ${1e6 * polls[0]:.2f}; ${1e6 * polls[1]:.2f} a million | | |",
    ]


if __name__ == "__main__":
    main()
