"""Durable jobs: how fast they are acknowledged, finished and polled, with few and with many stored."""

import http.client
import json
import time

FORM = "application/x-www-form-urlencoded"
STORED_JOBS = 100_000
SUBMIT_CONNECTIONS, POLL_CONNECTIONS = 64, 8
DONE_LIMIT_S = 300


def wait_done(server, prefix, ids):
    """Waits until every job has ended; returns when one was last seen unfinished.

    The latest jobs are asked first: once they have ended, the others only need to be confirmed.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    unfinished_at = time.perf_counter()
    limit = unfinished_at + DONE_LIMIT_S
    waiting = list(ids)
    while waiting:
        connection.request("GET", f"{prefix}{waiting[-1]}?f=json")
        status = json.loads(connection.getresponse().read())["jobStatus"]
        now = time.perf_counter()
        if status == "esriJobSucceeded":
            waiting.pop()
        elif status in ("esriJobSubmitted", "esriJobExecuting") and now < limit:
            unfinished_at = now
            time.sleep(0.01)
        else:
            raise RuntimeError(f"job {waiting[-1]} is {status}, {len(waiting)} not seen done")
    connection.close()
    return unfinished_at


def submit(server, peer, work, ids, seconds):
    """Submits for some seconds; returns wrk's figures. The ids are appended to the file."""
    return server.load(
        "post.lua",
        peer.submit,
        SUBMIT_CONNECTIONS,
        seconds,
        BODY=work / "a.form",
        CTYPE=FORM,
        IDS=ids,
    )


def measure(server, peer, work, seconds):
    """All figures of jobs; case a is the work of each."""
    prefix = peer.submit.replace("/submitJob", "/jobs/")
    ids = work / "job_ids.txt"
    ids.unlink(missing_ok=True)

    started = time.perf_counter()
    submitted = submit(server, peer, work, ids, seconds)
    names = ids.read_text().split()
    finished = wait_done(server, prefix, names)
    result = {"submits_per_s": submitted["per_s"], "done_per_s": len(names) / (finished - started)}

    few = work / "few_ids.txt"
    few.write_text("\n".join(names[:100]) + "\n")
    result["polls_per_s_100"] = poll(server, prefix, few, seconds)
    stored = len(names)
    while stored < STORED_JOBS:
        missing_s = (STORED_JOBS - stored) / submitted["per_s"]
        submit(server, peer, work, ids, max(1, min(30, round(missing_s))))
        all_names = ids.read_text().split()
        wait_done(server, prefix, all_names[stored:])
        stored = len(all_names)
    result["polls_per_s_100000"] = poll(server, prefix, ids, seconds)
    result["stored_jobs"] = stored
    return result


def poll(server, prefix, ids, seconds):
    return server.load("poll.lua", "/", POLL_CONNECTIONS, seconds, IDS=ids, PREFIX=prefix)["per_s"]
