"""Load over HTTP and its figures: connections that each send one request after the other, and jobs that are submitted and
polled until they have succeeded."""

import http.client
import json
import re
import statistics
import threading
import time
from urllib.parse import urlencode, urlsplit

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
POLL_EVERY_S = 0.01
JOB_LIMIT_S = 60
ENDED_BADLY = ("esriJobFailed", "esriJobTimedOut", "esriJobCancelled")


class Connection:
    """One connection to a server, whose URL all paths continue."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.base = parts.path
        self.http = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)

    def request(self, path, form=None):
        """The reply's JSON, or its text; anything but success ends the measurement."""
        body = None if form is None else urlencode(form)
        self.http.request("GET" if form is None else "POST", self.base + path, body, {} if form is None else FORM)
        reply = self.http.getresponse()
        text = reply.read().decode()
        if reply.status != 200 or '"error"' in text[:20]:
            raise RuntimeError(f"{path}: HTTP {reply.status}: {text[:300]}")
        return json.loads(text) if text.startswith("{") else text


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(part * (len(ordered) - 1)))]


def figures(seconds, elapsed_s):
    """What is told of a series of durations."""
    return {
        "n": len(seconds),
        "per_s": len(seconds) / elapsed_s,
        "p50_ms": 1000 * statistics.median(seconds),
        "p99_ms": 1000 * percentile(seconds, 0.99),
    }


def together(concurrency, url, work):
    """Runs `work(connection)` in that many threads; the durations that they return, and how long all of it took."""
    durations, failures = [], []

    def run():
        try:
            durations.extend(work(Connection(url)))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(concurrency)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return figures(durations, time.perf_counter() - started)


def repeat(url, path, form, concurrency, seconds):
    """The same request again and again."""
    together(concurrency, url, lambda connection: timed(connection, path, form, 0.5))
    return together(concurrency, url, lambda connection: timed(connection, path, form, seconds))


def timed(connection, path, form, seconds):
    durations, end = [], time.perf_counter() + seconds
    while (started := time.perf_counter()) < end:
        connection.request(path, form)
        durations.append(time.perf_counter() - started)
    return durations


def run_job(connection, task, form):
    """Submits and polls until success: the job's path, seconds until submitJob answered, seconds until success was seen,
    the number of polls."""
    started = time.perf_counter()
    job = connection.request(f"{task}/submitJob", form)
    answered_s = time.perf_counter() - started
    path = f"{task}/jobs/{job['jobId']}?f=json"
    for polls in range(1, 1 + round(JOB_LIMIT_S / POLL_EVERY_S)):
        status = connection.request(path)["jobStatus"]
        if status == "esriJobSucceeded":
            return path, answered_s, time.perf_counter() - started, polls
        if status in ENDED_BADLY:
            raise RuntimeError(f"{path} is {status}")
        time.sleep(POLL_EVERY_S)
    raise RuntimeError(f"{path} is still {status}")


def jobs(url, task, form, concurrency, count):
    """That many jobs over those connections. The figures until success, with those of submitJob itself and of the polls."""
    submits, polls = [], []

    def work(connection):
        run_job(connection, task, form)
        durations = []
        for _ in range(count // concurrency):
            _, answered_s, done_s, polled = run_job(connection, task, form)
            submits.append(answered_s)
            polls.append(polled)
            durations.append(done_s)
        return durations

    found = together(concurrency, url, work)
    found["submit_p50_ms"] = 1000 * statistics.median(submits)
    found["polls"] = statistics.median(polls)
    return found


def polls_beside_submits(url, task, form, concurrency, count):
    """How long a poll takes while that many connections submit jobs without a pause."""
    path, *_ = run_job(Connection(url), task, form)
    done = threading.Event()
    durations = []

    def poll():
        connection = Connection(url)
        while not done.is_set():
            durations.extend(timed(connection, path, None, 0.2))

    poller = threading.Thread(target=poll)
    started = time.perf_counter()
    poller.start()
    try:
        jobs(url, task, form, concurrency, count)
    finally:
        done.set()
        poller.join()
    return figures(durations, time.perf_counter() - started)


def own_estimates(url, task, form, count):
    """What finished jobs say they cost, in dollars."""
    connection = Connection(url)
    paths = [run_job(connection, task, form)[0] for _ in range(count)]
    texts = [json.dumps(connection.request(path)) for path in paths]
    return [float(re.search(r"Estimated cost: \$([0-9.]+)", text)[1]) for text in texts]
