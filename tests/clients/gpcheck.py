"""Shared plumbing of the Python runner: arguments, network guard, checks, timeouts.

Usage: run_x.py SERVICES_URL [scenario.json] [--only a,b] [-v]
Prints `PASS name`, `FAIL name: why` or `SKIP name: why`, and last `N passed, N failed, N skipped`.
"""

import argparse
import json
import os
import sys
import threading
import traceback
import urllib.parse
import urllib.request
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
REAL_OUT = sys.stdout  # a check that never ends may leave sys.stdout redirected
ATTEMPTS = []  # hosts other than loopback that the client tried to reach


def _guard(event, args):
    if event == "socket.connect":
        host = args[1][0] if isinstance(args[1], tuple) else None
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if host and host not in ("127.0.0.1", "localhost", "::1"):
        if host not in ATTEMPTS:
            ATTEMPTS.append(host)
        raise OSError(f"gpcheck: connection to {host} refused (only loopback is allowed)")


sys.addaudithook(_guard)
warnings.simplefilter("ignore")


class Skip(Exception):
    """Raised by a check that does not apply to this server."""


class Checks:
    """The checks of a runner in the order of their definition."""

    def __init__(self):
        self.list = []

    def __call__(self, section):
        """`@check("fail")`: the check needs the section `fail` of the scenario."""

        def decorate(function):
            self.list.append((function.__name__, section, function))
            return function

        return decorate


class Context:
    """The server under test and the scenario; `c["buffer"]` is a section of the scenario."""

    def __init__(self, base, scenario):
        self.base, self.sc = base.rstrip("/"), scenario
        self.root = self.base.split("/rest/services")[0]

    def __getitem__(self, section):
        return self.sc[section]

    def url(self, service, task=None):
        return f"{self.base}/{service}/GPServer" + (f"/{task}" if task else "")

    def token(self):
        """A token got without the client under test."""
        secured = self.sc["secured"]
        form = {
            "f": "json",
            "username": secured["username"],
            "password": secured["password"],
            "client": "requestip",
            "expiration": 60,
        }
        data = urllib.parse.urlencode(form).encode()
        reply = json.load(urllib.request.urlopen(self.root + secured["token_path"], data, timeout=10))
        must("token" in reply, f"no token: {reply}")
        return reply["token"]


def _in_time(function, argument, timeout_s):
    outcome = {}

    def go():
        try:
            outcome["value"] = function(argument)
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    thread.join(timeout_s)
    if thread.is_alive():
        raise TimeoutError(f"no answer after {timeout_s} s")
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]


def _run_check(function, section, context, args):
    try:
        if not context.sc.get(section):
            raise Skip(f"no '{section}' in the scenario")
        note = _in_time(function, context, context.sc["timeout"])
    except Skip as skip:
        return "SKIP", str(skip)
    except BaseException as error:
        if args.v:
            traceback.print_exc()
        return "FAIL", f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
    return "PASS", str(note) if args.v and note else ""


def main(checks, name):
    """Runs the checks and ends the process; a run without a single pass is a failure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("scenario", nargs="?", default=os.path.join(HERE, "scenarios/local.json"))
    parser.add_argument("--only")
    parser.add_argument("-v", action="store_true")
    args = parser.parse_args()
    with open(args.scenario) as file:
        context = Context(args.base, json.load(file))
    only = args.only.split(",") if args.only else None
    count = {"PASS": 0, "FAIL": 0, "SKIP": 0}
    for check_name, section, function in checks.list:
        if only and check_name not in only:
            continue
        state, why = _run_check(function, section, context, args)
        count[state] += 1
        print(f"{state} {check_name}" + (f": {why}" if why else ""), flush=True, file=REAL_OUT)
    if ATTEMPTS:
        print("# NOTE: blocked attempts to reach", ATTEMPTS, file=sys.stderr, flush=True)
    print(
        f"{name}: {count['PASS']} passed, {count['FAIL']} failed, {count['SKIP']} skipped",
        flush=True,
        file=REAL_OUT,
    )
    # Not sys.exit: polling threads of a check that failed may still be alive.
    os._exit(1 if count["FAIL"] or not count["PASS"] else 0)


def must(condition, message):
    if not condition:
        raise AssertionError(message)


def expect_error(function, *needles):
    """`function` must raise; the error's text must hold one of the needles, without regard to case."""
    try:
        value = function()
    except BaseException as error:
        text = (str(error) + " " + repr(getattr(error, "args", ""))).lower()
        must(
            not needles or any(needle.lower() in text for needle in needles),
            f"error text lacks {needles}: {text[:200]}",
        )
        return error
    raise AssertionError(f"no error raised, got {str(value)[:150]}")


def check_polygons(feature_set, n, dissolve=False):
    """`feature_set`: the buffers around n points, as a dict."""
    must(
        feature_set.get("geometryType") == "esriGeometryPolygon",
        f"geometryType {feature_set.get('geometryType')!r}",
    )
    features = feature_set["features"]
    must(len(features) == (1 if dissolve else n), f"{len(features)} features")
    for feature in features:
        rings = feature["geometry"]["rings"]
        must(rings and all(len(r) >= 4 and r[0][:2] == r[-1][:2] for r in rings), "bad rings")
        must("attributes" in feature, "no attributes")
