"""A session as a person drives it, through jupyter_client: work, errors, interruption, restart."""

import time

import pytest
from jupyter_client.manager import start_new_kernel


@pytest.fixture
def kernel():
    manager, client = start_new_kernel(kernel_name="dass")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=False)


def run(client, code, timeout=60):
    """Runs a cell and returns its reply's content and the messages it caused."""
    messages = []
    reply = client.execute_interactive(code, timeout=timeout, output_hook=messages.append)
    return reply["content"], messages


def text(messages):
    streams = [m["content"]["text"] for m in messages if m["msg_type"] == "stream"]
    results = [
        m["content"]["data"]["text/plain"]
        for m in messages
        if m["msg_type"] in ("execute_result", "display_data")
    ]
    return "".join(streams + results)


def test_a_pool_is_drawn_and_shown(kernel):
    _, client = kernel
    reply, messages = run(client, "pool p = sample 20 from resnet where macs < 400M seed 7\np")
    assert reply["status"] == "ok"
    assert "20 students of resnet" in text(messages)


def test_a_failed_statement_points_and_leaves_the_session(kernel):
    _, client = kernel
    run(client, "x = 3")
    reply, _ = run(client, "x = 4\npool p = sample 5 from resnte")
    assert reply["status"] == "error"
    assert "resnet" in "\n".join(reply["traceback"])
    _, messages = run(client, "x")
    assert text(messages) == "4"


def test_a_budget_that_nothing_meets_is_told(kernel):
    _, client = kernel
    reply, _ = run(client, "pool p = sample 5 from resnet where macs < 1M")
    assert reply["status"] == "error"
    assert "meet the conditions" in reply["evalue"]


def test_an_interrupt_stops_the_cell_and_keeps_the_session(kernel):
    manager, client = kernel
    run(client, "x = 3")
    client.execute("sleep 30s")
    time.sleep(0.5)
    started = time.monotonic()
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=10)
    assert time.monotonic() - started < 5
    assert reply["content"]["status"] == "error"
    assert reply["content"]["ename"] == "Interrupted"
    _, messages = run(client, "x")
    assert text(messages) == "3"


def test_completion_answers_while_a_cell_computes(kernel):
    manager, client = kernel
    client.execute("sleep 20s")
    time.sleep(0.3)
    client.complete("metat", 5)
    reply = client.get_shell_msg(timeout=5)
    assert reply["msg_type"] == "complete_reply"
    assert reply["content"]["matches"] == ["metatrain"]
    manager.interrupt_kernel()


def test_a_restart_gives_an_empty_session(kernel):
    manager, client = kernel
    run(client, "x = 3")
    manager.restart_kernel(now=False)
    client.wait_for_ready(timeout=30)
    reply, _ = run(client, "x")
    assert reply["status"] == "error"


def test_figures_come_as_png_and_svg(kernel):
    _, client = kernel
    reply, messages = run(client, "pool q = sample 50 from resnet\nplot pool of q")
    assert reply["status"] == "ok"
    bundle = [m["content"]["data"] for m in messages if m["msg_type"] == "execute_result"][0]
    assert {"image/png", "image/svg+xml", "text/plain"} <= set(bundle)
