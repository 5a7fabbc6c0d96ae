"""A kernel process, and two clients of it that ask the same things."""

import hashlib
import hmac
import json
import subprocess
import time
import uuid

import zmq
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

DELIMITER = b"<IDS|MSG>"


class Running:
    """A kernel process with a connection file of its own."""

    def __init__(self, command, folder):
        self.file, self.connection = write_connection_file(f"{folder}/{uuid.uuid4().hex}.json", key=b"key")
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [part.replace("{connection_file}", self.file) for part in command],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Raw:
    """Sockets and as little around them as the protocol allows."""

    def __init__(self, kernel):
        self.sockets = {
            channel: self._connect(kernel, channel, kind)
            for channel, kind in (("shell", zmq.DEALER), ("control", zmq.DEALER), ("iopub", zmq.SUB))
        }

    def _connect(self, kernel, channel, kind):
        socket = zmq.Context.instance().socket(kind)
        socket.linger = 0
        # The default of 100 ms would be most of a start that is measured.
        socket.reconnect_ivl = 1
        if kind == zmq.SUB:
            socket.subscribe(b"")
        socket.connect(f"tcp://127.0.0.1:{kernel.connection[channel + '_port']}")
        return socket

    def send(self, kind, content, channel="shell"):
        identifier = uuid.uuid4().hex
        header = {"msg_id": identifier, "session": "raw", "username": "", "date": "2026-01-01T00:00:00Z",
                  "msg_type": kind, "version": "5.5"}
        parts = [json.dumps(header).encode(), b"{}", b"{}", json.dumps(content).encode()]
        digest = hmac.new(b"key", digestmod=hashlib.sha256)
        for part in parts:
            digest.update(part)
        self.sockets[channel].send_multipart([DELIMITER, digest.hexdigest().encode(), *parts])
        return identifier

    def receive(self, identifier, channel="shell"):
        """The content of the next message that answers `identifier`."""
        while True:
            frames = self.sockets[channel].recv_multipart()
            start = frames.index(DELIMITER)
            if json.loads(frames[start + 3]).get("msg_id") == identifier:
                return json.loads(frames[start + 5])

    def ask(self, kind, content):
        return self.receive(self.send(kind, content))

    def start(self, code):
        return self.send("execute_request", {"code": code, "silent": False, "store_history": True,
                                             "user_expressions": {}, "allow_stdin": False})

    def execute(self, code, to_idle=False):
        identifier = self.start(code)
        self.receive(identifier)
        while to_idle and self.receive(identifier, "iopub").get("execution_state") != "idle":
            pass

    def complete(self, code):
        self.ask("complete_request", {"code": code, "cursor_pos": len(code)})

    def interrupt(self):
        self.receive(self.send("interrupt_request", {}, "control"), "control")

    def close(self):
        for socket in self.sockets.values():
            socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Blocking:
    """The client that notebooks are run with outside of a server."""

    def __init__(self, kernel):
        self.client = BlockingKernelClient()
        self.client.load_connection_file(kernel.file)
        self.client.start_channels(stdin=False, hb=False)
        self.client.wait_for_ready(timeout=60)

    def execute(self, code, to_idle=False):
        identifier = self.client.execute(code, allow_stdin=False)
        while self.client.get_shell_msg(timeout=60)["parent_header"]["msg_id"] != identifier:
            pass
        while to_idle:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") == identifier:
                to_idle = message["content"].get("execution_state") != "idle"

    def complete(self, code):
        self.client.complete(code, len(code), reply=True, timeout=60)

    def close(self):
        self.client.stop_channels()
