"""Measures the server beside its peers, one after the other, and prints one table. Run by `cargo xtask bench`.

Each server runs on core 0 and wrk on core 1, loopback only; every answer's area is checked before it is measured.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import area
import jobs
import payloads
from server import Server

HERE = Path(__file__).resolve().parent
TOOLS = Path(os.environ["GP_TOOLS"]) / "bench"
FORM = "application/x-www-form-urlencoded"
SERVICES = "/arcgis/rest/services"
CONNECTIONS = 8
# A request slower than this is measured by a few calls in a row instead of by wrk.
SLOW_S = 1.0
AREA_TOLERANCE = 0.01
ROWS = [
    ("start, ms", "start_ms", "< 50"),
    ("idle, MB", "idle_mb", "< 20"),
    ("a: buffer one point, requests/s", "a_per_s", ">= 15,000"),
    ("a: CPU ms a request", "a_cpu_ms", "<= 0.06"),
    ("b: buffer 1,000 points and dissolve, CPU ms", "b_cpu_ms", "<= 28"),
    ("c: intersect 400 parcels with 25 zones, CPU ms", "c_cpu_ms", "<= 28"),
    ("durable submits/s", "submits_per_s", ">= 2,000"),
    ("jobs done/s", "done_per_s", ">= 1,500"),
    ("polls/s, 100 jobs stored", "polls_per_s_100", ">= 15,000"),
    ("polls/s, 100,000 jobs stored", "polls_per_s_100000", "as with 100"),
]


@dataclass
class Peer:
    """How to start a server, and where each case goes: path, payload, content type."""

    name: str
    port: int
    start: list
    ready: str
    cases: dict
    env: dict = field(default_factory=dict)
    submit: str = ""

    def command(self):
        return [str(word) for word in self.start]


def peers(server, data):
    def plain(kind):
        return {
            "a": ("/buffer", f"a.{kind}", "application/json"),
            "b": ("/buffer", f"b.{kind}", "application/json"),
            "c": ("/overlay", f"c.{kind}", "application/json"),
        }

    sync, jobs_service = f"{SERVICES}/Analysis/GPServer", f"{SERVICES}/AnalysisJobs/GPServer"
    gunicorn = [TOOLS / "venv/bin/gunicorn", "-w", "1", "--timeout", "120", "--chdir", HERE / "peers"]
    return [
        Peer(
            "ours",
            4710,
            [server, "--listen", "127.0.0.1:4710", "--log", "error", "--data", data],
            "/arcgis/rest/info?f=json",
            {
                "a": (f"{sync}/Buffer/execute", "a.form", FORM),
                "b": (f"{sync}/Buffer/execute", "b.form", FORM),
                "c": (f"{sync}/Intersect/execute", "c.form", FORM),
            },
            submit=f"{jobs_service}/Buffer/submitJob",
        ),
        Peer("flask-shapely", 4703, [*gunicorn, "-b", "127.0.0.1:4703", "flask_app:app"], "/", plain("metres")),
        Peer(
            "express-turf",
            4704,
            ["node", TOOLS / "turf.mjs"],
            "/",
            plain("degrees"),
            env={"PORT": "4704", "NODE_ENV": "production"},
        ),
    ]


def measure_case(server, case, work, expected, seconds):
    path, payload, content_type = server.peer.cases[case]
    body = (work / payload).read_bytes()
    started = time.perf_counter()
    status, reply = server.request("POST", path, body, content_type)
    first_s = time.perf_counter() - started
    ratio = area.total(json.loads(reply)) / expected if status == 200 else 0.0
    if abs(ratio - 1) > AREA_TOLERANCE:
        raise RuntimeError(f"case {case}: HTTP {status}, {ratio:.4f} of the expected area: {reply[:300]}")
    if first_s > SLOW_S:
        calls, cpu = 3, server.cpu_s()
        started = time.perf_counter()
        for _ in range(calls):
            server.request("POST", path, body, content_type)
        per_s = calls / (time.perf_counter() - started)
        return {"per_s": per_s, "cpu_ms": 1000 * (server.cpu_s() - cpu) / calls}
    return server.load("post.lua", path, CONNECTIONS, seconds, BODY=work / payload, CTYPE=content_type)


def measure(peer, work, expected, seconds):
    log = work / f"{peer.name}.log"
    starts = []
    for _ in range(3):
        server = Server(peer, log)
        starts.append(server.start_ms)
        server.stop()
    server = Server(peer, log)
    try:
        time.sleep(1)
        result = {"start_ms": sorted(starts)[1], "idle_mb": server.memory_mb()}
        for case in peer.cases:
            figures = measure_case(server, case, work, expected[case], seconds)
            result |= {f"{case}_{key}": value for key, value in figures.items()}
        if peer.submit:
            result |= jobs.measure(server, peer, work, seconds)
    finally:
        server.stop()
    return result


def number(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(results):
    names = list(results)
    lines = ["| | target | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    for title, key, target in ROWS:
        values = " | ".join(number(results[name].get(key)) for name in names)
        lines.append(f"| {title} | {target} | {values} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, type=Path, help="the release build of gp-local")
    parser.add_argument("--only", help="names of servers, separated by commas")
    parser.add_argument("--seconds", type=int, default=5, help="length of each measurement")
    args = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="gp-bench-"))
    expected = payloads.write(work)
    # Imports of a module are looked up beside it, where npm has put them.
    shutil.copy(HERE / "peers/turf.mjs", TOOLS / "turf.mjs")
    results, failures = {}, []
    for peer in peers(args.server, work / "data"):
        if args.only and peer.name not in args.only.split(","):
            continue
        print(f"measuring {peer.name}", flush=True)
        try:
            results[peer.name] = measure(peer, work, expected, args.seconds)
        except (RuntimeError, OSError) as error:
            failures.append(f"{peer.name}: {error}")
    print(f"\n{time.strftime('%F')}, server on one core, load on another, {os.cpu_count()} cores in all\n")
    print(table(results))
    for name, result in results.items():
        print(f"\n{name}: {json.dumps({key: round(value, 3) for key, value in result.items()})}")
    if failures or not results:
        sys.exit(f"\nfailed (logs in {work}):\n" + "\n".join(failures))
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
