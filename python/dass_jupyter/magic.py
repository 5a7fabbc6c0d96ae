"""The magics `%dass` and `%%dass`: statements of the language in a notebook with a Python kernel."""

import atexit
import getpass
import io
import sys

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import clear_output, publish_display_data


@magics_class
class DassMagics(Magics):
    """One DaSS kernel for the notebook, started with the first cell that needs it."""

    def __init__(self, shell):
        super().__init__(shell)
        self._manager = self._client = None
        atexit.register(self.shut_down)

    @magic_arguments()
    @argument("-i", "--input", action="append", default=[], metavar="NAMES",
              help="Python variables to bind in the session first, with commas between them")
    @argument("-o", "--output", action="append", default=[], metavar="NAMES",
              help="tables of the session to bind in Python afterwards, as data frames")
    @argument("-k", "--kernel", default="dass", help="the kernel to start; dass if left out")
    @argument("-r", "--restart", action="store_true", help="start with an empty session")
    @argument("statement", nargs="*", help="for %%dass on one line: the statement")
    @line_cell_magic
    def dass(self, line, cell=None):
        """Runs statements of the DaSS language and shows what they show."""
        if cell is None:
            options, source = parse_argstring(self.dass, ""), line
        else:
            options, source = parse_argstring(self.dass, line), cell
            if options.statement:
                raise UsageError("statements start on the line after %%dass")
        if options.restart:
            self.shut_down()
        self._start(options.kernel)
        for name in names(options.input):
            if name not in self.shell.user_ns:
                raise UsageError(f"there is no variable {name}")
            self._run(f"{name} = {literal(self.shell.user_ns[name])}")
        if source.strip():
            self._run(source)
        for name in names(options.output):
            self.shell.user_ns[name] = self._table(name)

    def _start(self, kernel):
        if self._manager is not None and self._manager.is_alive():
            return
        from jupyter_client.manager import start_new_kernel

        self._manager, self._client = start_new_kernel(kernel_name=kernel)

    def shut_down(self):
        """Ends the kernel, if one was started."""
        if self._manager is not None:
            self._client.stop_channels()
            self._manager.shutdown_kernel(now=True)
            self._manager = self._client = None

    def _run(self, source):
        request = None
        try:
            request = self._client.execute(source, allow_stdin=True)
            self._follow(request)
        except KeyboardInterrupt:
            self._interrupt()
            self._follow(request)

    def _interrupt(self):
        self._client.control_channel.send(self._client.session.msg("interrupt_request"))

    def _follow(self, request):
        """Shows the messages that a request causes, until it has ended."""
        from queue import Empty

        failure = None
        while True:
            if self._client.stdin_channel.msg_ready():
                self._answer(self._client.get_stdin_msg(timeout=1)["content"])
            try:
                message = self._client.get_iopub_msg(timeout=0.2)
            except Empty:
                if not self._manager.is_alive():
                    raise UsageError("the DaSS kernel has died; the next cell starts a new one") from None
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "error":
                failure = content
            elif kind == "status" and content["execution_state"] == "idle":
                break
            else:
                show(kind, content)
        reply = self._client.get_shell_msg(timeout=10)["content"]
        for page in reply.get("payload", []):
            publish_display_data(page["data"])
        if failure is not None:
            raise DassError(failure)

    def _answer(self, question):
        ask = getpass.getpass if question["password"] else input
        self._client.input(ask(question["prompt"]))

    def _table(self, name):
        texts = []
        reply = self._client.execute_interactive(
            f"{name} as csv", store_history=False, timeout=60,
            output_hook=lambda m: texts.append(m["content"]["data"]["text/plain"])
            if m["msg_type"] == "execute_result" else None)
        if reply["content"]["status"] != "ok":
            raise UsageError(reply["content"]["evalue"])
        try:
            import pandas
        except ImportError:
            import csv

            return list(csv.DictReader(io.StringIO(texts[0])))
        return pandas.read_csv(io.StringIO(texts[0]))


class DassError(Exception):
    """A statement that failed; shown in the language's own words, without a traceback of Python."""

    def __init__(self, failure):
        super().__init__(f"{failure['ename']}: {failure['evalue']}")
        self.failure = failure

    def _render_traceback_(self):
        return self.failure["traceback"]


def show(kind, content):
    if kind == "stream":
        stream = sys.stdout if content["name"] == "stdout" else sys.stderr
        stream.write(content["text"])
        stream.flush()
    elif kind in ("display_data", "execute_result", "update_display_data"):
        publish_display_data(content["data"], content["metadata"], transient=content.get("transient"),
                             update=kind == "update_display_data")
    elif kind == "clear_output":
        clear_output(wait=content["wait"])


def names(options):
    return [name.strip() for option in options for name in option.split(",") if name.strip()]


def literal(value):
    """The value as the language writes it."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "on", False: "off"}[value]
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(literal(element) for element in value)}]"
    raise UsageError(f"the session takes numbers, texts and lists, not {type(value).__name__}")
