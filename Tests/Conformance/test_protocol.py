"""What front ends rely on and the conformance suite does not look at, through jupyter_client."""

import os
import queue
import signal
import subprocess
import sys
import time

import pytest
from jupyter_client.manager import start_new_kernel
from jupyter_client.session import Session


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    # A history of its own: the user's is none of the tests' business.
    monkeypatch.setenv("DASS_HISTORY", str(tmp_path / "history.sqlite"))
    manager, client = start_new_kernel(kernel_name="dass")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=False)


def run(client, code, **options):
    """Runs a cell and returns its reply's content and the messages it caused."""
    messages = []
    reply = client.execute_interactive(code, timeout=60, output_hook=messages.append, **options)
    return reply["content"], messages


def shell_reply(client, request, timeout=20):
    """The reply to one of several requests; others are dropped."""
    while True:
        reply = client.get_shell_msg(timeout=timeout)
        if reply["parent_header"]["msg_id"] == request:
            return reply["content"]


def has_ended(process):
    """Whether a process is gone, or only waits for its parent to notice."""
    try:
        with open(f"/proc/{process}/stat") as status:
            return status.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_interrupts_of_an_idle_kernel_do_nothing(kernel):
    manager, client = kernel
    run(client, "x = 3")
    for _ in range(20):
        os.kill(manager.provisioner.pid, signal.SIGINT)
        # Not through the manager, which counts its message ids apart from the client's, so that they collide.
        client.control_channel.send(client.session.msg("interrupt_request"))
        assert client.get_control_msg(timeout=10)["content"]["status"] == "ok"
    reply, messages = run(client, "x")
    assert reply["status"] == "ok"
    assert manager.is_alive()
    assert [m["content"]["data"]["text/plain"] for m in messages if m["msg_type"] == "execute_result"] == ["3"]


def test_a_signal_stops_a_cell_like_an_interrupt(kernel):
    manager, client = kernel
    request = client.execute("sleep 30s")
    time.sleep(0.3)
    os.kill(manager.provisioner.pid, signal.SIGINT)
    assert shell_reply(client, request)["ename"] == "Interrupted"


def test_cells_that_wait_behind_a_failure_are_aborted(kernel):
    _, client = kernel
    requests = [client.execute(code) for code in ("sleep 500ms\nnonsense", "x = 1", "x = 2")]
    assert [shell_reply(client, request)["status"] for request in requests] == ["error", "aborted", "aborted"]
    reply, _ = run(client, "x = 3")
    assert reply["status"] == "ok"


def test_a_question_is_answered(kernel):
    _, client = kernel
    asked = []

    def answer(message):
        asked.append(message["content"])
        client.input("cars")

    reply, messages = run(client, 'name = ask "Which? "\nname', allow_stdin=True, stdin_hook=answer)
    assert reply["status"] == "ok"
    assert asked == [{"prompt": "Which? ", "password": False}]
    assert "cars" in [m["content"]["data"]["text/plain"] for m in messages if m["msg_type"] == "execute_result"][0]


def test_a_client_without_input_is_told_so(kernel):
    _, client = kernel
    reply, _ = run(client, 'name = ask "Which? "', allow_stdin=False)
    assert reply["status"] == "error"


def test_an_interrupt_ends_a_question_and_a_late_answer_is_forgotten(kernel):
    manager, client = kernel
    request = client.execute('a = ask "first"', allow_stdin=True)
    assert client.get_stdin_msg(timeout=10)["content"]["prompt"] == "first"
    manager.interrupt_kernel()
    assert shell_reply(client, request)["status"] == "error"
    client.input("late")
    request = client.execute('b = ask "second"\nb', allow_stdin=True)
    assert client.get_stdin_msg(timeout=10)["content"]["prompt"] == "second"
    client.input("right")
    assert shell_reply(client, request)["status"] == "ok"
    results = []
    while True:
        message = client.get_iopub_msg(timeout=10)
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "execute_result":
            results.append(message["content"]["data"]["text/plain"])
        if message["content"].get("execution_state") == "idle":
            break
    assert len(results) == 1 and "right" in results[0]


def test_fifty_thousand_lines_arrive_in_order(kernel):
    _, client = kernel
    code = "\n".join(f'print "line {number}"' for number in range(50_000))
    reply, messages = run(client, code)
    assert reply["status"] == "ok"
    streams = [m["content"]["text"] for m in messages if m["msg_type"] == "stream"]
    assert "".join(streams).splitlines() == [f"line {number}" for number in range(50_000)]
    # Servers drop what exceeds 1000 messages a second.
    assert len(streams) < 500


def test_every_kind_of_request_ends_idle(kernel):
    _, client = kernel
    requests = [
        client.kernel_info(),
        client.complete("pri", 3),
        client.inspect("search", 3),
        client.is_complete("x = 3"),
        client.history(hist_access_type="tail", n=3),
        client.comm_info(),
        client.execute("x = 3", silent=True),
    ]
    unknown = client.session.msg("no_such_request")
    client.shell_channel.send(unknown)
    expected = set(requests + [unknown["header"]["msg_id"]])
    states = {}
    while not all(states.get(request) == ["busy", "idle"] for request in expected):
        message = client.get_iopub_msg(timeout=10)
        if message["msg_type"] == "status":
            states.setdefault(message["parent_header"].get("msg_id"), []).append(
                message["content"]["execution_state"]
            )
    assert all(states[request] == ["busy", "idle"] for request in expected)


def test_forged_requests_are_dropped(kernel):
    _, client = kernel
    forger = Session(key=b"wrong")
    forger.send(client.shell_channel.socket, "execute_request", {"code": "x = 3"})
    with pytest.raises(queue.Empty):
        client.get_shell_msg(timeout=0.5)
    reply, _ = run(client, "x")
    assert reply["status"] == "error"


def test_the_history_outlives_a_restart(kernel):
    manager, client = kernel
    run(client, "x = 41")
    manager.restart_kernel(now=False)
    client.wait_for_ready(timeout=30)
    run(client, "x = 42")
    reply = client.history(hist_access_type="tail", n=2, reply=True, timeout=10)
    assert [entry[2] for entry in reply["content"]["history"]] == ["x = 41", "x = 42"]


def test_shutting_down_takes_less_than_the_time_jupyter_gives(kernel):
    manager, client = kernel
    client.execute("sleep 60s")
    time.sleep(0.3)
    process = manager.provisioner.pid
    client.shutdown()
    deadline = time.monotonic() + 2.5
    while not has_ended(process) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert has_ended(process)


def test_a_kernel_does_not_outlive_its_server():
    server = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time; from jupyter_client.manager import start_new_kernel\n"
            "manager, client = start_new_kernel(kernel_name='dass')\n"
            "print(manager.provisioner.pid, flush=True); time.sleep(600)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    process = int(server.stdout.readline())
    assert not has_ended(process)
    server.kill()
    server.wait()
    deadline = time.monotonic() + 10
    while not has_ended(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    ended = has_ended(process)
    if not ended:
        os.kill(process, signal.SIGKILL)
    assert ended
