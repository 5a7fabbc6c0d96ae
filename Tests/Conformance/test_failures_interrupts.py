"""Failures that other kernels' trackers tell of, and this one must not have: interruption and input."""

import os
import signal
import time

import pytest
from kernels import launched


@pytest.fixture(params=["message", "signal"])
def stop(request):
    """Both ways to interrupt a kernel."""
    if request.param == "message":
        return lambda kernel: kernel.interrupt()
    return lambda kernel: os.kill(kernel.process_id, signal.SIGINT)


LONG = {
    "waiting": "sleep 60s",
    "drawing students": "pool q = sample 100000 from resnet where macs < 200M",
    "training": "space tiny = vary resnet widths 8, 8, 16, 16 depth 2 students 1..2 size 16\n"
    "dataset d = digits\nteacher t = train tiny on d epochs 9000",
}


@pytest.mark.parametrize("code", LONG.values(), ids=LONG.keys())
def test_native_code_cannot_be_interrupted(shared, stop, code):
    """IJulia#1052, vscode-jupyter#10328, #8107, dotnet/interactive#776, evcxr#248: and what was named stays."""
    shared.run("kept = 3")
    request = shared.client.execute(code)
    shared.wait_for_progress()
    stop(shared)
    reply = shared.reply_to(request)["content"]
    assert (reply["status"], reply["ename"]) == ("error", "Interrupted")
    assert shared.run("kept").text == "3"


def test_an_interrupt_kills_the_kernel_or_its_state(shared):
    """deno#24491, ggsql#498, xeus#262: twenty signals and messages while nothing runs."""
    shared.run("kept = 3")
    for _ in range(20):
        os.kill(shared.process_id, signal.SIGINT)
        assert shared.interrupt()["content"] == {"status": "ok"}
    assert shared.run("kept").text == "3"


def test_an_interrupt_during_a_flood_kills_the_kernel(shared, stop):
    """xeus-python#443."""
    request = shared.client.execute("\n".join(f'print "{number}"' for number in range(30_000)) + "\nsleep 60s")
    shared.wait_for_progress()
    stop(shared)
    assert shared.reply_to(request)["content"]["ename"] == "Interrupted"
    assert shared.is_responsive()


def test_input_cannot_be_interrupted(shared, stop):
    """ipykernel#400, jupyterlab#6196, LC_wrapper#56: and the next question gets its own answer only."""
    request = shared.client.execute('a = ask "first"', allow_stdin=True)
    assert shared.client.get_stdin_msg(timeout=10)["content"]["prompt"] == "first"
    stop(shared)
    assert shared.reply_to(request)["content"]["ename"] == "Interrupted"
    shared.client.input("late")
    request = shared.client.execute('b = ask "second"\nb', allow_stdin=True)
    assert shared.client.get_stdin_msg(timeout=10)["content"]["prompt"] == "second"
    shared.client.input("right")
    assert "right" in shared.finish(request).text


def test_passwords_are_shown(shared):
    """What the protocol's `password` is for; the answer is in no history."""
    request = shared.client.execute('secret = ask "password: " hidden', allow_stdin=True)
    assert shared.client.get_stdin_msg(timeout=10)["content"] == {"prompt": "password: ", "password": True}
    shared.client.input("swordfish")
    shared.finish(request)
    reply = shared.client.history(hist_access_type="tail", n=5, output=True, reply=True, timeout=10)
    assert "swordfish" not in str(reply["content"])
    shared.run("forget secret")


def test_input_from_a_front_end_without_it(shared):
    """What ipykernel raises as StdinNotImplementedError."""
    reply = shared.run('name = ask "Which? "', allow_stdin=False).reply
    assert "this front end does not take input" in reply["evalue"]


def test_the_end_of_input_is_an_answer(shared):
    """Ctrl-D in a console comes as the character of that name."""
    request = shared.client.execute('name = ask "Which? "', allow_stdin=True)
    shared.client.get_stdin_msg(timeout=10)
    shared.client.input("\x04")
    assert shared.reply_to(request)["content"]["status"] == "error"


def test_signals_are_ignored_by_inheritance(tmp_path):
    """A server that a shell started in the background hands down SIGINT as ignored."""
    ignoring = ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    with launched(tmp_path, command=ignoring) as (kernel, process):
        request = kernel.client.execute("sleep 60s")
        kernel.wait_for_progress()
        process.send_signal(signal.SIGINT)
        assert kernel.reply_to(request)["content"]["ename"] == "Interrupted"


def test_an_interrupt_inside_python_kills_the_host(shared, stop):
    """PythonCall#527, #382: in the middle of a figure, which is cut off; the next one is drawn."""
    shared.run("pool q = sample 2000 from resnet\nplot pool of q")
    request = shared.client.execute("plot pool of q")
    # A PNG and an SVG take more than 100 ms.
    time.sleep(0.04)
    stop(shared)
    result = shared.finish(request)
    assert result.reply["ename"] == "Interrupted"
    assert result.kinds == ["execute_input", "error"]
    result = shared.run("plot pool of q")
    assert "image/png" in result.contents("execute_result")[0]["data"]


def test_an_interrupt_while_a_file_is_drawn_leaves_half_of_it(shared, stop, tmp_path):
    """ggsql#498 and PythonCall#527 for `save`: no file, no part of one, and the next one is whole."""
    shared.run("pool q = sample 2000 from resnet\nf = plot pool of q\nf")
    for form in ("png", "svg"):
        path = tmp_path / f"figure.{form}"
        request = shared.client.execute(f'save f "{path}"')
        shared.wait_for_start(request)
        time.sleep(0.02)
        stop(shared)
        assert shared.reply_to(request)["content"]["ename"] == "Interrupted"
        assert os.listdir(tmp_path) == []
    assert shared.run(f'save f "{tmp_path / "figure.png"}"').reply["status"] == "ok"
    assert os.listdir(tmp_path) == ["figure.png"]


def test_an_interrupt_while_a_python_cell_draws_its_figure(shared, stop):
    """The cell ends where it is, without the figure, and pyplot keeps nothing of it."""
    draw = "%%python\nimport matplotlib.pyplot as plt\nfor n in range({}): plt.plot([0, n])\nplt.figure(1)\nNone"
    assert "image/png" in shared.run(draw.format(2)).displays[0]
    request = shared.client.execute(draw.format(3000))
    shared.wait_for_start(request)
    time.sleep(1)
    stop(shared)
    result = shared.finish(request)
    assert (result.reply["ename"], result.displays) == ("KeyboardInterrupt", [])
    assert shared.run("%%python\nplt.get_fignums()").text == "[]"
