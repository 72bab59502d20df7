"""Start, memory and invocations of the deployed programs at a bare Runtime API, where nothing of the emulator is in the way
but its DynamoDB, SQS and S3."""

import base64
import gzip
import json

from lambda_runtime import Function
from load import Connection
from requests_sent import BUFFER, BUFFER_FORM, CATALOG, DISSOLVE, DISSOLVE_FORM, ECHO_VALUES, JOB_FORM
from requests_sent import gateway_event, queue_event

STARTS = 20
INVOCATIONS = 20


def measure(stack, build, cases):
    """Each case in STARTS fresh programs: name -> series of figures."""
    results = {}
    for name, function, events in cases:
        print(f"  {name}", flush=True)
        program = build / f"{function.capitalize()}Function/bootstrap"
        environment = stack.environment(function)
        series = results[name] = {"init_ms": [], "first_ms": [], "warm_ms": [], "idle_mb": [], "first_mb": [], "last_mb": []}
        for _ in range(STARTS):
            sent = events(stack)
            one(series, Function(program, environment), sent)
            if function == "worker":
                check_done(stack, sent)
    return results


def check_done(stack, sent):
    """A job that somebody else has taken would be measured as a fast one."""
    connection = Connection(stack.url)
    for event in sent:
        job = event["Records"][0]["body"]
        status = connection.request(f"{ECHO_VALUES}/jobs/{job}?f=json")["jobStatus"]
        if status != "esriJobSucceeded":
            raise RuntimeError(f"{job} is {status}")


def one(series, function, events):
    try:
        series["init_ms"].append(1000 * function.init_s)
        series["idle_mb"].append(function.memory_mb())
        for number, event in enumerate(events):
            seconds, reply = function.invoke(event)
            check(reply)
            series["warm_ms" if number else "first_ms"].append(1000 * seconds)
            if number == 0:
                series["first_mb"].append(function.memory_mb())
        series["last_mb"].append(function.memory_mb())
    finally:
        function.stop()


def check(reply):
    """A refusal would be measured as a fast answer."""
    if not isinstance(reply, dict):
        return
    if reply.get("batchItemFailures"):
        raise RuntimeError(f"the worker could not run a job: {reply}")
    if "statusCode" in reply:
        body = reply.get("body") or ""
        data = base64.b64decode(body) if reply.get("isBase64Encoded") else body.encode()
        text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        if reply["statusCode"] != 200 or "error" in json.loads(text):
            raise RuntimeError(f"HTTP {reply['statusCode']}: {text[:300]}")


def same(event):
    return lambda _stack: [event] * INVOCATIONS


def submitted(stack):
    """Jobs that wait for a worker."""
    connection = Connection(stack.url)
    ids = [connection.request(f"{ECHO_VALUES}/submitJob", JOB_FORM)["jobId"] for _ in range(INVOCATIONS)]
    return [queue_event(job) for job in ids]


def poll(stack):
    job = Connection(stack.url).request(f"{ECHO_VALUES}/submitJob", JOB_FORM)["jobId"]
    return [gateway_event(f"{ECHO_VALUES}/jobs/{job}?f=json")] * INVOCATIONS


SUBMIT = same(gateway_event(f"{ECHO_VALUES}/submitJob", JOB_FORM))
QUEUED = [
    # First: the others leave jobs for it to look at.
    ("Janitor, nothing to do", "janitor", same({})),
    ("Api, catalog", "api", same(gateway_event(CATALOG))),
    ("Execute, Buffer of one point", "execute", same(gateway_event(BUFFER, BUFFER_FORM))),
    ("Execute, Dissolve of 20 points", "execute", same(gateway_event(DISSOLVE, DISSOLVE_FORM))),
    ("Api, submitJob", "api", SUBMIT),
    ("Api, poll", "api", poll),
    ("Worker, EchoValues", "worker", submitted),
]
AT_ONCE = [("Api, submitJob that runs the job", "api", SUBMIT), ("Api with 1769 MB, poll", "api", poll)]
