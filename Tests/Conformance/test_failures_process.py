"""Failures that other kernels' trackers tell of, and this one must not have: starting, ending and crashing."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import nbformat
import pytest
import zmq
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.session import Session
from kernels import has_ended, launched, managed, program, wait_until
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

STARTER = """
import time
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="dass")
print(manager.provisioner.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("adopted", [False, True], ids=["by init", "by a subreaper"])
def test_a_kernel_outlives_its_server(adopted):
    """jupyter_console#221, ipykernel#517: killed without a word; orphans are not always adopted by process 1."""
    reaper = "import ctypes; ctypes.CDLL(None).prctl(36, 1); import os\nif os.fork(): os.wait(); import time; time.sleep(600)\n"
    code = (reaper if adopted else "") + "import sys\n" + STARTER
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    process = int(starter.stdout.readline())
    assert not has_ended(process)
    with open(f"/proc/{process}/stat") as status:
        server = int(status.read().rsplit(")", 1)[1].split()[1])
    os.kill(server, signal.SIGKILL)
    ended = wait_until(lambda: has_ended(process), timeout=5)
    for left in {starter.pid, process}:
        if not has_ended(left):
            os.kill(left, signal.SIGKILL)
    starter.wait()
    assert ended


def test_children_inherit_the_sockets(shared):
    """notebook#3106: every descriptor but the three standard ones is closed in programs that the kernel starts."""
    inherited = []
    for name in os.listdir(f"/proc/{shared.process_id}/fdinfo"):
        with open(f"/proc/{shared.process_id}/fdinfo/{name}") as info:
            flags = int(info.read().split("flags:")[1].split()[0], 8)
        if int(name) > 2 and not flags & os.O_CLOEXEC:
            inherited.append((name, os.readlink(f"/proc/{shared.process_id}/fd/{name}")))
    assert inherited == []


def test_nobody_reads_the_kernels_log(tmp_path):
    """spawnteract#24: a pipe that is full costs lines of the log, not the kernel."""
    with launched(tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as (kernel, _):
        for _ in range(5000):
            kernel.client.shell_channel.socket.send_multipart([b"garbage"])
        assert kernel.is_responsive()


def test_a_port_that_is_taken(tmp_path):
    """jupyter_client#487, papermill#511, positron#5799: the kernel says so and ends."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = dict.fromkeys(("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"), 0)
        file = tmp_path / "connection.json"
        file.write_text(json.dumps({"ip": "127.0.0.1", "key": "k", **ports, "shell_port": taken.getsockname()[1]}))
        ended = subprocess.run([program(), "kernel", file], capture_output=True, text=True, timeout=20)
    assert ended.returncode == 1
    assert "Address already in use" in ended.stderr
    assert "Another program listens on that port: start the kernel again" in ended.stderr


def test_ports_that_the_kernel_chooses_itself(tmp_path):
    """JEP 66: the kernel reports them to a registration socket, and writes them down for other clients."""
    session = Session(key=b"k")
    context = zmq.Context.instance()
    with context.socket(zmq.REP) as launcher:
        launcher.rcvtimeo = 20_000
        port = launcher.bind_to_random_port("tcp://127.0.0.1")
        file = tmp_path / "registration.json"
        file.write_text(json.dumps({"transport": "tcp", "ip": "127.0.0.1", "key": "k", "registration_port": port}))
        process = subprocess.Popen([program(), "kernel", file])
        try:
            _, frames = session.feed_identities(launcher.recv_multipart())
            request = session.deserialize(frames)
            assert request["header"]["msg_type"] == "handshake_request"
            session.send(launcher, "handshake_reply", {"status": "ok"}, parent=request)
            written = json.loads(file.read_text())
            assert {k: written[k] for k in request["content"]} == request["content"]
            with context.socket(zmq.DEALER) as shell:
                shell.rcvtimeo = 20_000
                shell.connect(f"tcp://127.0.0.1:{request['content']['shell_port']}")
                session.send(shell, "kernel_info_request", {})
                _, frames = session.feed_identities(shell.recv_multipart())
                assert session.deserialize(frames)["content"]["status"] == "ok"
        finally:
            process.kill()
            process.wait()


def test_nbclient_misses_an_error():
    """nbconvert#88, IJulia#410, evcxr#153, bash_kernel#44: cells run, outputs are there, an error is one."""
    cells = [nbformat.v4.new_code_cell(code) for code in ('print "hello"', "3", "no-such-command")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with pytest.raises(CellExecutionError, match="no-such-command"):
        NotebookClient(notebook, kernel_name="dass", timeout=60).execute()
    assert notebook.cells[0].outputs[0].text == "hello\n"
    assert notebook.cells[1].outputs[0].data["text/plain"] == "3"
    assert notebook.cells[2].outputs[0].output_type == "error"


@pytest.mark.parametrize(
    ("number", "reporter"),
    [(signal.SIGSEGV, True), (signal.SIGILL, True), (signal.SIGABRT, True), (signal.SIGSEGV, False)],
    ids=["SIGSEGV", "SIGILL", "SIGABRT", "without Swift's report"],
)
def test_a_kernel_dies_without_a_message(tmp_path, number, reporter):
    """IJulia#799, IHaskell#1579, qtconsole#407, vscode-jupyter#11808: a report on the original standard error, and in a file."""
    specified = KernelSpecManager().get_kernel_spec("dass").env if reporter else {"SWIFT_BACKTRACE": "enable=no"}
    specified |= {"DASS_HISTORY": str(tmp_path / "history.sqlite")}
    with (
        open(tmp_path / "log", "wb") as log,
        launched(tmp_path, stderr=log, env={**os.environ, **specified}) as (kernel, process),
    ):
        kernel.client.execute("sleep 60s")
        kernel.wait_for_progress()
        process.send_signal(number)
        process.wait(timeout=60)
        assert process.returncode == -number
    (report,) = (tmp_path / "crashes").iterdir()
    told = "*** Program crashed" if reporter else "libc.so.6("
    # Written by a process of its own, which ends after the kernel.
    assert wait_until(lambda: told in report.read_text(errors="replace"))
    assert report.read_text(errors="replace").startswith("dass: the kernel crashed; the report follows")
    assert wait_until(lambda: report.read_text(errors="replace") in (tmp_path / "log").read_text(errors="replace"))


def test_restart_and_run_all(kernel):
    """almond#666: the session is empty, the history goes on, and cells may be sent at once."""
    kernel.run("x = 41")
    kernel.manager.restart_kernel(now=False)
    kernel.client.wait_for_ready(timeout=60)
    cells = [kernel.client.execute(code) for code in ("x = 42", "x", "y")]
    assert kernel.reply_to(cells[1])["content"]["execution_count"] == 2
    assert kernel.reply_to(cells[2])["content"]["status"] == "error"
    reply = kernel.client.history(hist_access_type="tail", n=4, reply=True, timeout=10)
    entries = reply["content"]["history"]
    assert [entry[2] for entry in entries] == ["x = 41", "x = 42", "x", "y"]
    assert entries[0][0] < entries[1][0]


def test_histories_of_two_kernels_mix(shared, kernel):
    """Kernels share the file; a range is one kernel's own."""
    shared.run("z = 1")
    kernel.run("z = 2")
    content = kernel.client.history(hist_access_type="range", session=0, start=1, reply=True, timeout=10)["content"]
    assert [entry[1:] for entry in content["history"]] == [[1, "z = 2"]]


@pytest.mark.parametrize("how", ["request", "SIGTERM", "SIGHUP"])
def test_a_kernel_takes_longer_to_end_than_jupyter_gives_it(kernel, how):
    """positron#3381: with a cell that runs, within 2.5 seconds."""
    kernel.client.execute("sleep 60s")
    kernel.wait_for_progress()
    if how == "request":
        kernel.client.shutdown()
    else:
        os.kill(kernel.process_id, getattr(signal, how))
    assert wait_until(lambda: has_ended(kernel.process_id), timeout=2.5)


def test_sampling_a_kernel_that_idles(shared):
    """A kernel that waits computes nothing."""

    def ticks():
        with open(f"/proc/{shared.process_id}/stat") as status:
            fields = status.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def rests_for_a_second():
        before = ticks()
        time.sleep(1)
        return ticks() - before <= 1

    shared.is_responsive()
    # What was asked before may still be written down, such as the history; a kernel that polls never has such a second.
    assert any(rests_for_a_second() for _ in range(5))


@pytest.mark.parametrize("how", ["shutdown", "restart", "SIGTERM"])
def test_children_outlive_the_kernel(kernel, how):
    """IRkernel#307, positron#3381: those that a cell started, their children, and one that does not listen."""
    cell = kernel.run(
        "%%python\nimport subprocess\nchildren = [subprocess.Popen(command, shell=True) for command in"
        " ('sleep 600', 'sleep 600 & wait', 'trap \"\" TERM; while :; do sleep 1; done')]\n"
        "[child.pid for child in children]")
    started = [int(number) for number in cell.text.strip("[]").split(",")]
    assert not any(has_ended(process) for process in started)
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", ",".join(map(str, started))], capture_output=True, text=True)
    started += [int(number) for number in listed.stdout.split()]
    assert len(started) > 3
    if how == "shutdown":
        kernel.client.shutdown()
    elif how == "restart":
        kernel.manager.restart_kernel(now=False)
    else:
        os.kill(kernel.process_id, signal.SIGTERM)
    assert wait_until(lambda: all(has_ended(process) for process in started), timeout=5)


def test_a_kernel_that_is_killed_is_told_about(tmp_path, monkeypatch):
    """vscode-jupyter#11808, notebook#1178: where memory runs out Linux kills without a word, in a cell of any kind."""
    monkeypatch.setenv("DASS_HISTORY", str(tmp_path / "history.sqlite"))
    with managed() as kernel:
        kernel.run("epochs = 8")
        request = kernel.client.execute("pool p = sample 7 from resnet seed 3\nsleep 60s")
        running = tmp_path / "running"
        assert wait_until(lambda: any("pool p" in f.read_text() for f in running.glob("*.json")))
        assert request
        os.kill(kernel.process_id, signal.SIGKILL)
        assert wait_until(lambda: not kernel.manager.is_alive())
        # At once, as servers do: a request to end, sent to the dead kernel, would reach the one at its address.
        kernel.manager.restart_kernel(now=True)
        kernel.client.wait_for_ready(timeout=30)
        notice = kernel.run("1").stream("stderr")
        assert notice.startswith("The kernel ended in the cell [2], and its session with it:\n\n    pool p = sample 7")
        assert "`recover` makes 2 names again" in notice
        assert "pool p: 7 students of resnet, seed 3" in kernel.run("recover").stream()
        assert list(running.iterdir()) == []


@pytest.fixture
def memory_group():
    """A control group with 400 MB of memory, which Linux enforces with SIGKILL; skips where no group can be made."""
    kinds = {"/sys/fs/cgroup/memory": "memory.limit_in_bytes", "/sys/fs/cgroup": "memory.max"}
    for root, limit in kinds.items():
        group = f"{root}/dass-test-{os.getpid()}"
        try:
            os.mkdir(group)
        except OSError:
            continue
        try:
            # Opened for an update: a folder that is no control group must not get a file of that name.
            with open(f"{group}/{limit}", "r+") as file:
                file.write(str(400 << 20))
            yield f"{group}/cgroup.procs"
            return
        except OSError:
            continue
        finally:
            wait_until(lambda: removes(group))
    pytest.skip("no control group for memory can be made here")


def removes(group):
    """Whether an empty control group could be removed; its last process takes a moment to go."""
    try:
        os.rmdir(group)
    except OSError:
        return False
    return True


@pytest.mark.parametrize("cell", [
    "dataset d = digits size 32\nsleep 300ms\n" + "\n".join(f"dataset d{s} = digits size {s}" for s in range(256, 200, -1)),
    "%%python\nchunks = []\nwhile True: chunks.append(bytearray(b'x' * (10 << 20)))",
], ids=["in the language", "in Python"])
def test_linux_ends_the_kernel_for_want_of_memory(cell, memory_group, tmp_path):
    """vscode-jupyter#11808: killed without a chance to say anything; the next kernel says what it was."""
    environment = os.environ | {"DASS_HISTORY": str(tmp_path / "h.sqlite")}
    limited = ["/bin/sh", "-c", 'echo $$ > "$0"; exec "$@"', memory_group]
    with launched(tmp_path, command=limited, env=environment) as (kernel, process):
        kernel.run("pool p = sample 7 from resnet seed 3")
        kernel.client.execute(cell)
        assert wait_until(lambda: process.poll() is not None, timeout=60)
        assert process.returncode == -signal.SIGKILL
    with launched(tmp_path, env=environment) as (kernel, _):
        cell = kernel.run("1")
        notice = cell.stream("stderr")
        assert "cell [2], and its session with it:" in notice
        assert "The machine ran out of memory, and Linux ended a process." in notice
        assert "`recover` makes" in notice and "The report of the crash" not in notice
        assert "pool p: 7 students of resnet, seed 3" in kernel.run("recover").stream()


def test_memory_runs_out(tmp_path):
    """vscode-jupyter#11808: a limit on memory; there is a report, and the next kernel tells of it and of the cell."""
    limited = ["/bin/sh", "-c", 'ulimit -v 1800000; exec "$@"', "sh"]
    with launched(tmp_path, command=limited, env=os.environ | {"DASS_HISTORY": str(tmp_path / "h.sqlite")}) as (kernel, process):
        datasets = "\n".join(f"dataset d{size} = digits size {size}" for size in range(256, 200, -1))
        kernel.client.execute("sleep 300ms\n" + datasets)
        assert wait_until(lambda: process.poll() is not None, timeout=60)
    with launched(tmp_path, env=os.environ | {"DASS_HISTORY": str(tmp_path / "h.sqlite")}) as (kernel, _):
        notice = kernel.run("1").stream("stderr")
        assert "The kernel ended in the cell [1]" in notice
        (report,) = (tmp_path / "crashes").iterdir()
        assert f"The report of the crash is in {report}." in notice
