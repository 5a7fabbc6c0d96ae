"""Kernels to test, started by Jupyter's own client or as plain processes, and what to do with them."""

import contextlib
import dataclasses
import functools
import subprocess
import time

from jupyter_client import BlockingKernelClient, KernelManager
from jupyter_client.connect import write_connection_file
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.session import Session


@functools.cache
def program():
    """The program that the installed kernelspec starts."""
    return KernelSpecManager().get_kernel_spec("dass").argv[0]


@dataclasses.dataclass
class Result:
    """The content of a cell's reply and the iopub messages that the cell caused, its statuses left out."""

    reply: dict
    messages: list

    def contents(self, message_type):
        return [m["content"] for m in self.messages if m["msg_type"] == message_type]

    @property
    def kinds(self):
        return [m["msg_type"] for m in self.messages]

    def stream(self, name="stdout"):
        return "".join(c["text"] for c in self.contents("stream") if c["name"] == name)

    @property
    def result(self):
        """The forms of the cell's result; empty without one."""
        return next((content["data"] for content in self.contents("execute_result")), {})

    @property
    def displays(self):
        return [content["data"] for content in self.contents("display_data")]

    @property
    def traceback(self):
        return "\n".join(self.reply["traceback"])

    @property
    def text(self):
        """Everything that the cell shows as plain text."""
        shown = self.contents("execute_result") + self.contents("display_data")
        return self.stream() + "".join(c["data"]["text/plain"] for c in shown)


class Kernel:
    """A client of a running kernel, and the kernel's process."""

    def __init__(self, client, process_id, manager=None):
        self.client = client
        self.process_id = process_id
        self.manager = manager

    def run(self, code, timeout=60, **options):
        """Runs a cell to its end."""
        return self.finish(self.client.execute(code, **options), timeout)

    def run_in(self, subshell, code, timeout=60):
        """Runs a cell in a subshell to its end."""
        message = self.client.session.msg("execute_request", {"code": code, "silent": False})
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        return self.finish(message["header"]["msg_id"], timeout)

    def finish(self, request, timeout=60):
        """Waits until a cell that was sent has come to its end."""
        reply = self.reply_to(request, timeout)
        messages = []
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status":
                if message["content"]["execution_state"] == "idle":
                    return Result(reply["content"], messages)
            else:
                messages.append(message)

    def reply_to(self, request, timeout=60):
        """The shell's reply to one of several requests; others are dropped."""
        while True:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"]["msg_id"] == request:
                return reply

    def ask(self, message_type, content=None, channel="control", timeout=20):
        """Sends a request and waits for its reply."""
        message = self.client.session.msg(message_type, content or {})
        getattr(self.client, f"{channel}_channel").send(message)
        receive = self.client.get_control_msg if channel == "control" else self.client.get_shell_msg
        while True:
            reply = receive(timeout=timeout)
            if reply["parent_header"]["msg_id"] == message["header"]["msg_id"]:
                return reply

    def is_complete(self, code):
        return self.ask("is_complete_request", {"code": code}, channel="shell")["content"]

    def send(self, message_type, content=None):
        """Sends a request on the shell channel and returns its id."""
        message = self.client.session.msg(message_type, content or {})
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def interrupt(self):
        # Not through the manager, which counts its message ids apart from the client's, so that they collide.
        return self.ask("interrupt_request")

    def messages_of(self, request, timeout=20):
        """All iopub messages of a request up to its idle, statuses included."""
        messages = []
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") == request:
                messages.append(message)
                if message["content"].get("execution_state") == "idle":
                    return messages

    def wait_for_start(self, request, timeout=20):
        """Waits until a cell that was sent runs: text that is captured from now on is its own."""
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["msg_type"] == "execute_input" and message["parent_header"]["msg_id"] == request:
                return

    def wait_for_progress(self, timeout=20):
        """Waits until the running cell shows something."""
        while self.client.get_iopub_msg(timeout=timeout)["msg_type"] not in ("display_data", "stream"):
            pass

    def is_responsive(self):
        return self.run("1").text == "1"


@contextlib.contextmanager
def managed(**options):
    """A kernel under Jupyter's kernel manager."""
    manager = KernelManager(kernel_name="dass", **options)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield Kernel(client, manager.provisioner.pid, manager)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@contextlib.contextmanager
def launched(folder, command=None, key=b"a key", ready=True, **options):
    """A kernel as a plain process: `options` go to Popen, and `command` may wrap the program."""
    file, _ = write_connection_file(str(folder / "connection.json"), key=key)
    arguments = [program(), "kernel", file]
    process = subprocess.Popen([*command, *arguments] if command else arguments, **options)
    client = BlockingKernelClient()
    client.load_connection_file(file)
    client.start_channels()
    try:
        if ready:
            client.wait_for_ready(timeout=60)
        yield Kernel(client, process.pid), process
    finally:
        client.stop_channels()
        process.kill()
        process.wait()


def another_client(kernel):
    """A second client of the same kernel, its channels not started yet."""
    client = BlockingKernelClient()
    client.load_connection_info(kernel.client.get_connection_info())
    client.session = Session(key=kernel.client.session.key)
    return client


def has_ended(process_id):
    """Whether a process is gone, or only waits for its parent to notice."""
    try:
        with open(f"/proc/{process_id}/stat") as status:
            return status.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def wait_until(condition, timeout=20):
    """Whether `condition` becomes true in time."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return bool(condition())
