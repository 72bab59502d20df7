"""A server under measurement: started on core 0, its processes watched, loaded by wrk on core 1."""

import http.client
import os
import re
import signal
import subprocess
import time
from pathlib import Path

SERVER_CORE, LOAD_CORE = "0", "1"
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
SCRIPTS = Path(__file__).resolve().parent / "wrk"
START_LIMIT_S = 60


class Server:
    """A running server and everything it started."""

    def __init__(self, peer, log):
        self.peer, self.port = peer, peer.port
        command = ["taskset", "-c", SERVER_CORE, *peer.command()]
        started = time.perf_counter()
        with open(log, "w") as output:
            self.process = subprocess.Popen(
                command, env={**os.environ, **peer.env}, stdout=output, stderr=output, start_new_session=True
            )
        while not self.answers():
            if self.process.poll() is not None or time.perf_counter() - started > START_LIMIT_S:
                self.stop()
                raise RuntimeError(f"{peer.name} did not start, see {log}")
            time.sleep(0.001)
        self.start_ms = 1000 * (time.perf_counter() - started)

    def answers(self):
        try:
            return self.request("GET", self.peer.ready)[0] == 200
        except OSError:
            return False

    def request(self, method, path, body=None, content_type=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, path, body, {"Content-Type": content_type} if content_type else {})
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        return reply.status, data

    def processes(self):
        """The server's process and all below it."""
        children = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit() and (fields := stat(entry)):
                children.setdefault(int(fields[1]), []).append(int(entry))
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            waiting += children.get(pid, [])
        return found

    def cpu_s(self):
        """CPU time used so far by the processes that are alive and by those that they outlived.

        A worker process whose client has gone is killed, so without the ended ones its work would not count.
        """
        ticks = [stat(pid) for pid in self.processes()]
        return sum(int(tick) for fields in ticks if fields for tick in fields[11:15]) / TICKS_A_SECOND

    def memory_mb(self):
        """Proportional set size of all processes."""
        total_kb = 0
        for pid in self.processes():
            try:
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            total_kb += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1])
        return total_kb / 1024

    def load(self, script, path, connections, seconds, **variables):
        """Runs wrk; returns its figures and the server's CPU time a request in ms."""
        env = {**os.environ, "SCRIPTS": str(SCRIPTS), **{key: str(value) for key, value in variables.items()}}
        wrk = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", str(SCRIPTS / script)]
        before = self.cpu_s()
        run = subprocess.run(
            ["taskset", "-c", LOAD_CORE, *wrk, f"http://127.0.0.1:{self.port}{path}"],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        figures = re.search(r"RESULT (.*)", run.stderr)[1].split()
        requests, elapsed_s, http_errors, socket_errors, p50, p99 = map(float, figures)
        if http_errors or socket_errors:
            raise RuntimeError(f"{path}: {http_errors:.0f} HTTP errors, {socket_errors:.0f} socket errors")
        cpu_ms = 1000 * (self.cpu_s() - before) / max(requests, 1)
        return {"requests": requests, "per_s": requests / elapsed_s, "cpu_ms": cpu_ms, "p50_ms": p50, "p99_ms": p99}

    def stop(self):
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(10)
                return
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


def stat(pid):
    """Fields of /proc/PID/stat from the state on; None when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
