"""A kernel under test, and what its cells show."""

import contextlib

from jupyter_client.manager import start_new_kernel


@contextlib.contextmanager
def running_kernel(**options):
    manager, client = start_new_kernel(kernel_name="dass", **options)
    try:
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


class Kernel:
    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def run(self, code, **options):
        """Runs a cell to its end."""
        messages = []
        reply = self.client.execute_interactive(code, timeout=60, output_hook=messages.append, **options)
        return Cell(reply["content"], messages)

    def interrupt(self):
        # Not through the manager, which counts its message ids apart from the client's, so that they collide.
        self.client.control_channel.send(self.client.session.msg("interrupt_request"))
        assert self.client.get_control_msg(timeout=10)["content"]["status"] == "ok"

    def ask(self, request, **arguments):
        """The reply's content to a request of the client, such as `complete`."""
        identifier = getattr(self.client, request)(**arguments)
        return self.reply(identifier)

    def reply(self, identifier):
        """The reply's content to the request with this identifier; replies to others are dropped."""
        while True:
            message = self.client.get_shell_msg(timeout=20)
            if message["parent_header"]["msg_id"] == identifier:
                return message["content"]


class Cell:
    def __init__(self, reply, messages):
        self.reply, self.messages = reply, messages

    def contents(self, kind):
        return [message["content"] for message in self.messages if message["msg_type"] == kind]

    def stream(self, name="stdout"):
        return "".join(content["text"] for content in self.contents("stream") if content["name"] == name)

    @property
    def result(self):
        """The data of the cell's result, or nothing."""
        return next((content["data"] for content in self.contents("execute_result")), {})

    @property
    def text(self):
        return self.result.get("text/plain")

    @property
    def displays(self):
        return [content["data"] for content in self.contents("display_data")]

    @property
    def traceback(self):
        return "\n".join(self.reply["traceback"])
