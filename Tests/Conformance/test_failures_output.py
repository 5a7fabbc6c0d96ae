"""Failures that other kernels' trackers tell of, and this one must not have: output and displays."""

import os
import re
import threading
import time

import pytest
from kernels import launched, managed


def write_as_the_kernel(kernel, data, stream=1):
    """Writes into the kernel's own standard output, as C code in it would, from a thread of this process."""

    def write():
        with open(f"/proc/{kernel.process_id}/fd/{stream}", "wb", buffering=0) as pipe:
            for start in range(0, len(data), 1 << 20):
                pipe.write(data[start : start + (1 << 20)])

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def test_output_of_c_code_is_not_shown(shared):
    """ipykernel#110, xeus-cling#112: without a line's end, and without a flush."""
    request = shared.client.execute("sleep 400ms")
    shared.wait_for_start(request)
    write_as_the_kernel(shared, "nö newline".encode()).join()
    write_as_the_kernel(shared, b"oops", stream=2).join()
    result = shared.finish(request)
    assert (result.stream("stdout"), result.stream("stderr")) == ("nö newline", "oops")


def test_a_full_pipe_deadlocks(shared):
    """ipykernel#847, #752: ten megabytes at once, while a cell runs and control is asked."""
    request = shared.client.execute("sleep 400ms")
    writer = write_as_the_kernel(shared, (b"x" * 99 + b"\n") * 100_000)
    assert shared.ask("kernel_info_request", timeout=10)["content"]["status"] == "ok"
    result = shared.finish(request)
    writer.join(timeout=20)
    assert not writer.is_alive()
    assert result.reply["status"] == "ok"


def test_the_kernels_own_log_comes_back_as_output(tmp_path):
    """ipykernel#859, #795: what it logs goes to the standard error that it was started with, and nowhere else."""
    with open(tmp_path / "log", "wb") as log, launched(tmp_path, stderr=log) as (kernel, _):
        for _ in range(10):
            kernel.client.shell_channel.socket.send_multipart([b"garbage"])
        result = kernel.run("sleep 100ms")
        assert "stream" not in result.kinds
    assert (tmp_path / "log").read_text().count("dropped a message on shell") == 10


def test_flushing_takes_for_ever(shared):
    """ipykernel#334: something writes without pause, and the reply does not wait for its end."""
    stop = threading.Event()

    def write():
        with open(f"/proc/{shared.process_id}/fd/1", "wb", buffering=0) as pipe:
            while not stop.is_set():
                pipe.write(b"y" * 1000)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert shared.run("1", timeout=10).reply["status"] == "ok"
    finally:
        stop.set()
        thread.join()


def test_late_output_has_the_wrong_parent(shared):
    """IJulia#618, sos-notebook#182: text that comes after a cell's end belongs to it until the next cell."""
    request = shared.client.execute("1")
    shared.finish(request)
    write_as_the_kernel(shared, b"late").join()
    while True:
        message = shared.client.get_iopub_msg(timeout=10)
        if "late" in message["content"].get("text", ""):
            break
    assert message["parent_header"]["msg_id"] == request


def test_text_of_a_thread_is_shown_with_another_cell(shared):
    """ipykernel's print_to_correct_cell_from_thread: also what it displays, and what a thread of the thread prints."""
    request = shared.client.execute(
        "%%python\nimport sys, threading\ngo, done = threading.Event(), threading.Event()\n"
        "def inner():\n    print('inner', file=sys.stderr)\n    done.set()\n"
        "def work():\n    go.wait()\n    print('from the thread')\n    display('shown')\n    threading.Thread(target=inner).start()\n"
        "threading.Thread(target=work).start()")
    shared.finish(request)
    other = shared.client.execute("%%python\ngo.set()\ndone.wait()\nprint('from the cell')")
    found = {}
    while not {("inner\n", request), ("from the cell\n", other)} <= set(found.items()):
        message = shared.client.get_iopub_msg(timeout=10)
        text = message["content"].get("text") or message["content"].get("data", {}).get("text/plain")
        if text:
            found[text] = message["parent_header"]["msg_id"]
    assert found == {"from the thread\n": request, "'shown'": request, "inner\n": request, "from the cell\n": other}


def test_a_million_lines_overrun_the_front_end(shared):
    """notebook#2287, #4583, IJulia#342: fewer than 1000 messages a second and 3 MB in 3 seconds, one notice, and
    all of the text in a file."""
    line = b"a line of 20 bytes.\n"
    request = shared.client.execute("sleep 2s")
    shared.wait_for_start(request)
    writer = write_as_the_kernel(shared, line * 1_000_000)
    result = shared.finish(request)
    writer.join(timeout=20)
    streams = result.contents("stream")
    shown = result.stream("stdout").encode()
    assert len(streams) < 1000 and len(shown) == 2_000_000
    assert shown == line * 100_000
    (notice,) = [c["text"] for c in streams if c["name"] == "stderr"]
    path = re.search(r"all of it is in (\S+)\)", notice).group(1)
    for _ in range(500):
        if os.path.getsize(path) == 20_000_000:
            break
        time.sleep(0.02)
    with open(path, "rb") as log:
        assert log.read() == line * 1_000_000


def test_a_hundred_thousand_lines_are_cut(shared):
    """nteract#4188, ark#129, almond#1061: as many statements, each with a line; none is lost, and idle comes."""
    result = shared.run("\n".join(f'print "{line}"' for line in range(100_000)))
    assert result.stream().split() == [str(line) for line in range(100_000)]


def test_a_cell_of_html_is_not_escaped(shared):
    """python-tabulate#25, graph-notebook#341, xeus-sql."""
    result = shared.run('attack = "<script>alert(1)</script>"\nlist')
    shared.run("forget attack")
    html = result.contents("execute_result")[0]["data"]["text/html"]
    assert "<script" not in html and "&lt;script&gt;" in html


def test_huge_tables_crash_the_tab(shared):
    """jupyterlab-limit-output#2."""
    result = shared.run("\n".join(f"row{number} = {number}" for number in range(2000)) + "\nlist")
    html = result.contents("execute_result")[0]["data"]["text/html"]
    shared.run("forget " + ", ".join(f"row{number}" for number in range(2000)))
    assert html.count("<tr") < 250
    assert "more rows" in html


def test_updates_of_displays_are_lost(shared):
    """vscode-jupyter#12755: the last update holds the whole final state."""
    result = shared.run("sleep 500ms")
    last = result.contents("update_display_data")[-1]
    assert re.fullmatch(r"waiting: done in .*", last["data"]["text/plain"])
    assert "text/html" in last["data"]


def test_tables_render_blank_with_a_data_resource(shared):
    """vscode-notebook-renderers#189, vscode-jupyter#15004."""
    (content,) = shared.run("list").contents("execute_result")
    assert set(content["data"]) == {"text/plain", "text/html"}


@pytest.mark.parametrize("backend", ["inline", "module://matplotlib_inline.backend_inline"])
def test_an_inherited_backend_breaks_matplotlib(monkeypatch, backend):
    """deepTools#1416, kohya_ss#2521, metakernel#227."""
    monkeypatch.setenv("MPLBACKEND", backend)
    with managed() as kernel:
        result = kernel.run("pool q = sample 50 from resnet\nplot pool of q")
        assert result.reply["status"] == "ok"
        (content,) = result.contents("execute_result")
        assert {"image/png", "image/svg+xml", "text/plain"} <= set(content["data"])


def test_the_prompt_comes_before_earlier_output(shared):
    """vscode-jupyter#13039."""
    request = shared.client.execute('print "before"\nanswer = ask "now? "', allow_stdin=True)
    asked = shared.client.get_stdin_msg(timeout=10)
    messages = []
    while not messages or messages[-1]["msg_type"] != "stream":
        messages.append(shared.client.get_iopub_msg(timeout=10))
    assert messages[-1]["header"]["date"] <= asked["header"]["date"]
    shared.client.input("yes")
    assert shared.reply_to(request)["content"]["status"] == "ok"


def test_silent_cells_show_or_count_something(shared):
    """What ipykernel tests as execute_silent."""
    before = shared.run("1").reply["execution_count"]
    for code in ('print "a"\nresnet', "no-such-command"):
        result = shared.run(code, silent=True)
        assert result.messages == []
    assert shared.run("1").reply["execution_count"] == before + 1


def test_expressions_of_the_client(shared):
    """What ipykernel tests as user_expressions and user_expressions_fail."""
    shared.run("x = 5")
    reply = shared.run("1", user_expressions={"good": "x", "bad": "no-such-name"}).reply
    assert reply["user_expressions"]["good"]["data"]["text/plain"] == "5"
    assert reply["user_expressions"]["bad"]["status"] == "error"
    assert reply["user_expressions"]["bad"]["ename"]
