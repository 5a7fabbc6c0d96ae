"""Failures that other kernels' trackers tell of, and this one must not have: messages, clients, the wire."""

import contextlib
import queue
import re
import time

import pytest
import zmq
from jupyter_client import BlockingKernelClient
from jupyter_client.session import Session
from kernels import another_client, launched, managed, wait_until


def test_first_iopub_messages_are_lost(tmp_path):
    """jupyter_client#593, notebook#3705: a client's iopub socket connects after its first cell was sent."""
    with launched(tmp_path, ready=False) as (kernel, _):
        late = another_client(kernel)
        kernel.client.stop_channels()
        late.start_channels(iopub=False, stdin=False, hb=False)
        request = late.execute('print "first"')
        time.sleep(0.5)
        late.start_channels(shell=False, stdin=False, hb=False, control=False)
        texts = []
        while True:
            message = late.get_iopub_msg(timeout=10)
            if message["msg_type"] == "stream":
                texts.append(message["content"]["text"])
            if message["content"].get("execution_state") == "idle" and message["parent_header"]["msg_id"] == request:
                break
        late.stop_channels()
        assert texts == ["first\n"]


def test_front_end_waits_for_an_idle_sent_before_it_subscribed(shared):
    """evcxr#255: every kernel_info gets a busy and an idle again."""
    for _ in range(3):
        messages = shared.messages_of(shared.send("kernel_info_request"))
        assert [m["content"]["execution_state"] for m in messages] == ["busy", "idle"]


def test_stream_messages_are_dropped_at_the_high_water_mark(shared):
    """nteract#4188, ark#129, almond#1061: 100,000 lines for a client that reads late, and the idle after them."""
    request = shared.client.execute("\n".join(f'print "{number}"' for number in range(100_000)))
    shared.reply_to(request)
    time.sleep(0.5)
    streams = [m["content"]["text"] for m in shared.messages_of(request) if m["msg_type"] == "stream"]
    assert "".join(streams).split("\n") == [str(number) for number in range(100_000)] + [""]


def test_signatures_are_not_checked(tmp_path, shared):
    """IRkernel#138, iruby#29, deno#34825: an empty key, a wrong key, a message sent twice, frames cut off."""
    with launched(tmp_path, key=b"") as (kernel, _):
        assert kernel.is_responsive()
    session, socket = shared.client.session, shared.client.shell_channel.socket
    run = {"code": 'forged = "forged"', "silent": False}
    Session(key=b"wrong").send(socket, "execute_request", run)
    signed = session.serialize(session.msg("execute_request", {"code": "replayed = 1", "silent": False}))
    for _ in range(2):
        socket.send_multipart(signed)
    for length in range(len(signed)):
        socket.send_multipart(signed[:length] or [b""])
    with pytest.raises(queue.Empty):
        while True:
            assert shared.client.get_shell_msg(timeout=0.5)["content"]["status"] == "ok"
    assert shared.run("forged").reply["status"] == "error"
    replayed = [entry for entry in history(shared, 20) if entry == "replayed = 1"]
    assert len(replayed) == 1


def history(kernel, count):
    reply = kernel.client.history(hist_access_type="tail", n=count, reply=True, timeout=10)
    return [entry[2] for entry in reply["content"]["history"]]


@pytest.mark.parametrize(
    ("code", "position", "start", "end"),
    [
        ('print "\U0001f600" compl', 15, 10, 15),
        ('print "\U0001f600" compl', 16, 10, 15),
        ('print "\U0001f600" compl', 999, 10, 15),
        ('print "한국어" compl', 17, 12, 17),
    ],
    ids=["scalars", "utf-16", "beyond the end", "three bytes a character"],
)
def test_cursor_positions_count_the_wrong_units(shared, code, position, start, end):
    """jupyter_client#259, IJulia#541, jupyterlab#13961, deno#22771: characters beyond the basic plane, and clients
    that count them twice."""
    shared.run("completed = 3")
    content = shared.client.complete(code, position, reply=True, timeout=10)["content"]
    assert content["matches"] == ["completed"]
    assert (content["cursor_start"], content["cursor_end"]) == (start, end)


def test_a_negative_cursor_position_raises(shared):
    """IJulia#541."""
    for request in ("complete_request", "inspect_request"):
        content = shared.ask(request, {"code": "print 3", "cursor_pos": -3}, channel="shell")["content"]
        assert content["status"] == "ok"


def test_requests_without_an_idle(shared):
    """jupyterlab#470, IHaskell#884, ocaml-jupyter#69: requests of each kind, sent at once, and each one's idle."""
    kinds = {
        "kernel_info_request": {},
        "execute_request": {"code": "x = 3", "silent": True},
        "complete_request": {"code": "pri", "cursor_pos": 3},
        "inspect_request": {"code": "search", "cursor_pos": 3},
        "is_complete_request": {"code": "x = 3"},
        "history_request": {"hist_access_type": "tail", "n": 3},
        "comm_info_request": {},
        "comm_msg": {"comm_id": "none", "data": {}},
        "no_such_request": {},
    }
    expected = {shared.send(kind, content) for kind, content in list(kinds.items()) * 5}
    states = {request: [] for request in expected}
    while not all(len(seen) == 2 for seen in states.values()):
        message = shared.client.get_iopub_msg(timeout=10)
        if message["msg_type"] == "status" and message["parent_header"]["msg_id"] in states:
            states[message["parent_header"]["msg_id"]].append(message["content"]["execution_state"])
    assert all(seen == ["busy", "idle"] for seen in states.values())


def test_a_cell_never_finishes_after_an_error(shared):
    """evcxr#400, IHaskell#1506."""
    for code in ("no-such-command", "[1, 2", 'print "unclosed', "forget no-such-name", "%%nolanguage\n1", "1 2 3"):
        assert shared.run(code, timeout=10).reply["status"] == "error"
    assert shared.is_responsive()


def test_cells_behind_a_failure_run(shared):
    """What ipykernel tests as stop_on_error: cells that wait behind a failure are aborted, later ones are not."""
    cells = [shared.client.execute(code) for code in ("sleep 300ms\nnonsense", "aborted = 1", "aborted = 2")]
    assert [shared.reply_to(c)["content"]["status"] for c in cells] == ["error", "aborted", "aborted"]
    assert shared.is_responsive()
    assert shared.run("aborted").reply["status"] == "error"
    kept = [shared.client.execute("sleep 300ms\nnonsense", stop_on_error=False), shared.client.execute("1")]
    assert [shared.reply_to(c)["content"]["status"] for c in kept] == ["error", "ok"]


def test_other_requests_are_aborted_with_the_cells(shared):
    """What ipykernel tests as non_execute_stop_on_error."""
    failing = shared.client.execute("sleep 300ms\nnonsense")
    asked = shared.send("is_complete_request", {"code": "x = 3"})
    assert shared.reply_to(asked)["content"] == {"status": "complete"}
    assert shared.reply_to(failing)["content"]["status"] == "error"


def test_unknown_messages_freeze_the_kernel(shared):
    """ipykernel#64, bash_kernel#64, toree#27."""
    for kind in ("no_such_request", "comm_open", "comm_msg", "comm_close", "debug_request", "", "_reply"):
        for content in ({}, {"comm_id": None}, {"code": [1]}):
            messages = shared.messages_of(shared.send(kind, content))
            assert messages[-1]["content"]["execution_state"] == "idle"
    assert shared.is_responsive()


def test_messages_to_a_subshell_are_dropped(shared):
    """ipykernel#1557: one is named that the kernel does not have, or has no more."""
    content = shared.reply_to(send_to(shared, "gone", "1"))["content"]
    assert (content["status"], content["evalue"]) == ("error", "there is no subshell gone")
    assert shared.ask("delete_subshell_request", {"subshell_id": "gone"})["content"]["status"] == "error"


def send_to(kernel, subshell, code):
    """Sends a cell to a subshell (JEP 91)."""
    message = kernel.client.session.msg("execute_request", {"code": code, "silent": False})
    message["header"]["subshell_id"] = subshell
    kernel.client.shell_channel.send(message)
    return message["header"]["msg_id"]


@pytest.fixture
def subshell(shared):
    identifier = shared.ask("create_subshell_request")["content"]["subshell_id"]
    yield identifier
    shared.ask("delete_subshell_request", {"subshell_id": identifier})


def test_cells_of_a_subshell_wait_for_those_of_the_first(shared, subshell):
    """JEP 91: they run beside each other on one session, and each shell counts its own."""
    assert "kernel subshells" in shared.ask("kernel_info_request")["content"]["supported_features"]
    assert subshell in shared.ask("list_subshell_request")["content"]["subshell_id"]
    shared.run("here = 1")
    long = shared.client.execute("before = 2\nsleep 20s\nafter = 3")
    shared.wait_for_start(long)
    assert wait_until(lambda: shared.run_in(subshell, "before").text == "2")
    reply = shared.run_in(subshell, "there = here\npool p = sample 50 from resnet\nplot pool of p").reply
    assert reply["status"] == "ok" and reply["execution_count"] < 100
    # An error aborts what waits behind it in its own shell only.
    assert shared.run_in(subshell, "nonsense").reply["status"] == "error"
    shared.interrupt()
    assert shared.reply_to(long)["content"]["ename"] == "Interrupted"
    # Neither shell's changes undo the other's.
    assert shared.run("[here, before, there]").text == "[1, 2, 1]"
    shared.run("forget here, before, there, p")


def test_a_subshell_that_is_deleted_goes_on(shared):
    """JEP 91, ipykernel#1557: its cell is interrupted, and what waits is answered."""
    identifier = shared.ask("create_subshell_request")["content"]["subshell_id"]
    running, waiting = send_to(shared, identifier, "sleep 60s"), send_to(shared, identifier, "1")
    shared.wait_for_start(running)
    assert shared.ask("delete_subshell_request", {"subshell_id": identifier})["content"] == {"status": "ok"}
    answers = {}
    while len(answers) < 2:
        reply = shared.client.get_shell_msg(timeout=10)
        answers[reply["parent_header"]["msg_id"]] = reply["content"]
    assert answers[running]["ename"] == "Interrupted" and answers[waiting]["status"] == "aborted"
    assert identifier not in shared.ask("list_subshell_request")["content"]["subshell_id"]


def test_shells_that_compute_at_once(shared, subshell, tmp_path, monkeypatch):
    """What each of them makes is the same as alone: the weights have the same digests."""
    setting = "space tiny = vary resnet widths 8, 8, 16, 16 depth 2 students 1..2 size 16\ndataset d = digits"
    train = "teacher t{0} = train tiny on d epochs 2 seed {0}\ndescribe t{0}"

    def digest(text):
        return re.search(r"digest\s+(\w{16})\b", text)[1]

    shared.run(setting)
    cells = [shared.client.execute(train.format(6)), send_to(shared, subshell, train.format(7))]
    together = {}
    while len(together) < 2:
        message = shared.client.get_iopub_msg(timeout=120)
        text = message["content"].get("data", {}).get("text/plain", "")
        if message["parent_header"].get("msg_id") in cells and "digest" in text:
            together[cells.index(message["parent_header"]["msg_id"])] = digest(text)
    monkeypatch.setenv("DASS_CACHE", str(tmp_path))
    with managed() as alone:
        alone.run(setting)
        for number, seed in enumerate((6, 7)):
            assert digest(alone.run(train.format(seed), timeout=120).displays[-1]["text/plain"]) == together[number]


def test_two_shells_ask_at_once(shared, subshell):
    """One question at a time, and each gets its own answer."""
    one = shared.client.execute('first = ask "first"', allow_stdin=True)
    assert shared.client.get_stdin_msg(timeout=10)["content"]["prompt"] == "first"
    message = shared.client.session.msg("execute_request", {"code": 'second = ask "second"', "silent": False, "allow_stdin": True})
    message["header"]["subshell_id"] = subshell
    shared.client.shell_channel.send(message)
    with pytest.raises(queue.Empty):
        shared.client.get_stdin_msg(timeout=0.3)
    shared.client.input("one")
    assert shared.client.get_stdin_msg(timeout=10)["content"]["prompt"] == "second"
    shared.client.input("two")
    shared.reply_to(message["header"]["msg_id"])
    assert shared.run('print first second').stream() == "one two\n" and one
    shared.run("forget first, second")


def test_the_next_cell_is_offered(shared):
    """The payload `set_next_input`, which the console and JupyterLab take."""
    shared.run("pool p = sample 7 from resnet seed 3")
    payload = shared.run("edit p").reply["payload"]
    assert payload == [{"source": "set_next_input", "text": "pool p = sample 7 from resnet seed 3", "replace": False}]
    assert "comes with the program" in shared.run("edit resnet").reply["evalue"]
    shared.run("forget p")


def test_clients_that_do_not_know_the_welcome(shared):
    """qtconsole#644: a welcome answers a subscription, has no parent, and comes before all else."""
    client = another_client(shared)
    client.start_channels(shell=False, stdin=False, hb=False, control=False)
    welcome = client.get_iopub_msg(timeout=10)
    shared.run("1")
    rest = []
    while not rest or rest[-1]["content"].get("execution_state") != "idle":
        rest.append(client.get_iopub_msg(timeout=10))
    client.stop_channels()
    assert welcome["msg_type"] == "iopub_welcome" and welcome["parent_header"] == {}
    assert all(m["msg_type"] != "iopub_welcome" and m["parent_header"] for m in rest)


def test_the_clients_session_is_taken_for_the_kernels(kernel):
    """evcxr, gonb and IJulia copy it; JupyterLab then drops messages after a restart (default.ts of its services)."""
    before = kernel.ask("kernel_info_request")["header"]
    assert before["session"] != kernel.client.session.session
    assert kernel.run("1").messages[0]["header"]["session"] == before["session"]
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=60)
    assert kernel.ask("kernel_info_request")["header"]["session"] != before["session"]


def test_control_waits_for_the_shell(shared):
    """IJulia and ipykernel 5: requests on control are answered in order while a cell runs."""
    request = shared.client.execute("sleep 20s")
    for _ in range(5):
        content = shared.ask("kernel_info_request")["content"]
        assert content["status"] == "ok"
    usage = shared.ask("usage_request")["content"]
    assert usage["pid"] == shared.process_id and usage["kernel_memory"] > 1e6
    shared.interrupt()
    assert shared.reply_to(request)["content"]["ename"] == "Interrupted"


def test_completion_waits_for_the_cell(shared):
    """almond#447: Tab and Shift-Tab, history and is_complete while a cell computes."""
    shared.run("completed = 3")
    request = shared.client.execute("sleep 20s")
    client = shared.client
    assert client.complete("compl", 5, reply=True, timeout=5)["content"]["matches"] == ["completed"]
    assert client.inspect("completed", 2, reply=True, timeout=5)["content"]["found"]
    assert shared.is_complete("x = [")["status"] == "incomplete"
    found = client.history(hist_access_type="search", pattern="sleep 2?s", n=1, reply=True, timeout=5)
    assert found["content"]["history"][0][2] == "sleep 20s"
    shared.interrupt()
    shared.reply_to(request)


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_encrypted_sockets(transport):
    """jupyter_client 8.9: a manager that requires CurveZMQ, over both transports."""
    with managed(transport_encryption="required", transport=transport) as kernel:
        assert kernel.is_responsive()
        info = kernel.client.get_connection_info()
        assert info["curve_publickey"]
        plain = BlockingKernelClient()
        plain.load_connection_info({k: v for k, v in info.items() if not k.startswith("curve")})
        plain.start_channels(iopub=False, stdin=False, hb=False)
        # Once it has been refused, its socket has nobody to send to, and would wait.
        plain.shell_channel.socket.sndtimeo = 500
        with contextlib.suppress(zmq.Again):
            plain.kernel_info()
        with pytest.raises(queue.Empty):
            plain.get_shell_msg(timeout=0.5)
        plain.stop_channels()


def test_sockets_in_the_file_system():
    """evcxr and almond build `ip:port` whatever the transport."""
    with managed(transport="ipc") as kernel:
        assert kernel.is_responsive()


def test_signals_interrupt_calls_of_zmq(shared):
    """rust-zmq#191, zmq4#158, czmq#2284: a storm of signals during traffic."""
    import os
    import signal

    requests = []
    for _ in range(50):
        requests.append(shared.send("kernel_info_request"))
        for number in (signal.SIGCHLD, signal.SIGWINCH, signal.SIGINT):
            os.kill(shared.process_id, number)
    for request in requests:
        assert shared.reply_to(request)["content"]["status"] == "ok"
    context = zmq.Context.instance()
    assert not context.closed and shared.is_responsive()
