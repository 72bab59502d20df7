"""A bare Lambda Runtime API on 127.0.0.1 with one program under it: what starting and invoking a function takes without
the rest of an emulator around it. One thread and one selector, because a hand-over between threads would be measured too."""

import json
import os
import selectors
import signal
import socket
import subprocess
import time
from pathlib import Path

LIMIT_S = 30
TIMEOUT_MS = 60_000


class Function:
    """A program as Lambda starts it. `init_s` is from its start to its first question for work."""

    def __init__(self, program, environment):
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.readers, self.waiting, self.count = {}, None, 0
        api = f"127.0.0.1:{self.listener.getsockname()[1]}"
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [program],
            env={**environment, "AWS_LAMBDA_RUNTIME_API": api},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._until_next()
        except BaseException:
            self.stop()
            raise
        self.init_s = time.perf_counter() - started

    def invoke(self, event):
        """Seconds from the event to its reply, and the reply. The program is ready for the next one then."""
        self.count += 1
        body = json.dumps(event).encode()
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-{self.count:012d}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {int(time.time() * 1000) + TIMEOUT_MS}\r\n"
            "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:f\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        started = time.perf_counter()
        self.waiting.sendall(head.encode() + body)
        replied_at, reply = self._until_next()
        return replied_at - started, json.loads(reply)

    def memory_mb(self):
        """Resident MB of the program, and of the processes that it started."""
        resident = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (found := session_and_resident_kb(entry)):
                session, resident_kb = found
                if session == self.process.pid:
                    resident[int(entry.name)] = resident_kb / 1024
        own = resident.pop(self.process.pid, 0.0)
        return own, sum(resident.values())

    def stop(self):
        try:
            # The session: a function has worker processes.
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        finally:
            for connection in [*self.readers, self.listener]:
                connection.close()
            self.selector.close()

    def _until_next(self):
        """Serves the program until it asks for work; returns when a reply came, and that."""
        reply = (0.0, b"null")
        deadline = time.perf_counter() + LIMIT_S
        while True:
            ready = self.selector.select(max(0, deadline - time.perf_counter()))
            if not ready or self.process.poll() is not None:
                raise RuntimeError(f"{self.process.args[0]} did not answer (status {self.process.poll()})")
            for key, _ in ready:
                if key.fileobj is self.listener:
                    self._accept()
                    continue
                request = self._read(key.fileobj)
                if request is None:
                    continue
                line, body = request
                if line.startswith(b"GET"):
                    self.waiting = key.fileobj
                    return reply
                if line.split()[1].endswith(b"/error"):
                    raise RuntimeError(f"the program failed: {body[:300]}")
                reply = (time.perf_counter(), body)
                key.fileobj.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    def _accept(self):
        connection, _ = self.listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.readers[connection] = connection.makefile("rb")
        self.selector.register(connection, selectors.EVENT_READ)

    def _read(self, connection):
        """One request: its first line and body. None when the connection has ended."""
        reader = self.readers[connection]
        line = reader.readline()
        if not line:
            self.selector.unregister(connection)
            del self.readers[connection]
            connection.close()
            return None
        headers = {}
        while (header := reader.readline()) not in (b"\r\n", b""):
            name, _, value = header.partition(b":")
            headers[name.lower()] = value.strip()
        if headers.get(b"transfer-encoding") != b"chunked":
            return line, reader.read(int(headers.get(b"content-length", 0)))
        body = b""
        while size := int(reader.readline(), 16):
            body += reader.read(size)
            reader.readline()
        reader.readline()
        return line, body


def session_and_resident_kb(process):
    """None for a process that is gone."""
    try:
        session = int((process / "stat").read_text().rsplit(")", 1)[1].split()[3])
        resident = [line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS")]
    except OSError:
        return None
    return session, int(resident[0].split()[1]) if resident else 0
