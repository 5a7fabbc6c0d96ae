"""How quickly this kernel answers, beside ipykernel on the same machine in the same minutes.

Two clients: `raw`, a DEALER socket of this script's own, which leaves out the cost of jupyter_client; and `blocking`,
jupyter_client's BlockingKernelClient. Each figure is the median, and the 95th and 99th percentile, of 1000
repetitions after 50 that do not count; both kernels run throughout and are asked in turn, 100 repetitions each.

Prints one JSON object a line: figure, side, client, unit, median, p95, p99, and the aim where there is one.
Needs an environment with jupyter_client, ipykernel and psutil, such as .venv. DASS=PROGRAM names the program.
"""

import argparse
import json
import os
import statistics
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))
from clients import Blocking, Raw, Running

DASS = os.environ.get("DASS", ".build/release/dass")
SIDES = {
    "dass": ([DASS, "kernel", "{connection_file}"], "x = 1", 'print "a"', "pri", "sleep 600s"),
    "ipykernel": (
        [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "x = 1", 'print("a")', "pri", "import time; time.sleep(600)",
    ),
}
ROUND = 100
PICTURE = "import os\nfrom IPython.display import Image, display\n" \
    "picture = Image(b'\\x89PNG\\r\\n\\x1a\\n' + os.urandom(10_000_000), format='png')"


def report(figure, side, values, unit="ms", client=None, aim=None, digits=3):
    """Prints one line; `values` are in the unit."""
    ranked = sorted(values)
    place = {name: ranked[min(len(ranked) - 1, int(share * len(ranked)))] for name, share in
             (("p95", 0.95), ("p99", 0.99))}
    line = {"figure": figure, "side": side, "client": client, "unit": unit, "count": len(ranked),
            "median": round(statistics.median(ranked), digits), **{k: round(v, digits) for k, v in place.items()}}
    if aim and side == "dass":
        line["aim"] = aim
    print(json.dumps({k: v for k, v in line.items() if v is not None}), flush=True)


def timed(action):
    start = time.perf_counter()
    action()
    return 1e3 * (time.perf_counter() - start)


def in_turn(actions, repetitions, warm_ups):
    """Milliseconds of each side's action, the sides taking turns."""
    for action in actions.values():
        for _ in range(warm_ups):
            action()
    found = {side: [] for side in actions}
    while any(len(values) < repetitions for values in found.values()):
        for side, action in actions.items():
            found[side] += [timed(action) for _ in range(min(ROUND, repetitions - len(found[side])))]
    return found


def starts(folder, count):
    """From the start of the process to the answer to kernel_info."""
    for side, (command, *_) in SIDES.items():
        values = []
        for _ in range(count):
            with Running(command, folder) as kernel, Raw(kernel) as client:
                client.ask("kernel_info_request", {})
                values.append(1e3 * (time.perf_counter() - kernel.started))
        report("start to kernel_info", side, values, client="raw", aim="median below 50")


def round_trips(kernels, repetitions, warm_ups):
    for name, make in (("raw", Raw), ("blocking", Blocking)):
        clients = {side: make(kernel) for side, kernel in kernels.items()}
        figures = {
            "execute to reply": (lambda side, c: lambda: c.execute(SIDES[side][1]), "median below 0.5, p99 below 2"),
            "execute to idle": (lambda side, c: lambda: c.execute(SIDES[side][1], to_idle=True), None),
            "print to idle": (lambda side, c: lambda: c.execute(SIDES[side][2], to_idle=True), None),
            "complete": (lambda side, c: lambda: c.complete(SIDES[side][3]), "p99 below 10"),
        }
        for figure, (make_action, aim) in figures.items():
            actions = {side: make_action(side, client) for side, client in clients.items()}
            # ipykernel completes a hundred times slower than it executes.
            share = 5 if figure == "complete" else 1
            for side, values in in_turn(actions, repetitions // share, warm_ups // share).items():
                report(figure, side, values, client=name, aim=aim if name == "raw" else None)
        for client in clients.values():
            client.close()


def pictures(kernels, repetitions):
    """A PNG of 10 MB, shown by a Python cell."""
    clients = {side: Raw(kernel) for side, kernel in kernels.items()}
    heads = {"dass": "%%python\n", "ipykernel": ""}
    for side, client in clients.items():
        client.execute(heads[side] + PICTURE)

    def action(side):
        return lambda: clients[side].execute(heads[side] + "display(picture)", to_idle=True)

    for side, values in in_turn({side: action(side) for side in clients}, repetitions, 5).items():
        report("show a PNG of 10 MB to idle", side, values, client="raw", aim="median below 100")
    for client in clients.values():
        client.close()


def completion_while_busy(kernel, repetitions, warm_ups):
    """ipykernel has no figure: it answers when the cell has ended."""
    with Raw(kernel) as client:
        # A computation, so that the processor is busy as well as the cell.
        client.execute("space tiny = vary resnet widths 8, 8, 16, 16 depth 2 students 1..2 size 16\ndataset d = digits")
        training = client.start("teacher t = train tiny on d epochs 9000")
        time.sleep(1)
        found = in_turn({"dass": lambda: client.complete("pri")}, repetitions, warm_ups)
        report("complete while a cell computes", "dass", found["dass"], client="raw", aim="p99 below 10")
        client.interrupt()
        # What is sent before it has ended would be aborted with it.
        client.receive(training)


def resources(kernels, seconds):
    processes = {side: psutil.Process(kernel.process.pid) for side, kernel in kernels.items()}
    before = {side: sum(process.cpu_times()[:2]) for side, process in processes.items()}
    time.sleep(seconds)
    for side, process in processes.items():
        share = 100 * (sum(process.cpu_times()[:2]) - before[side]) / seconds
        memory = process.memory_full_info()
        report("resident memory, idle", side, [memory.rss / 1e6], unit="MB", aim="below 40", digits=1)
        report("proportional memory, idle", side, [memory.pss / 1e6], unit="MB", digits=1)
        report(f"processor, idle for {seconds} s", side, [share], unit="%", aim="0", digits=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="a tenth of the repetitions")
    asked = parser.parse_args()
    repetitions = asked.repetitions // (10 if asked.quick else 1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DASS_HISTORY"] = folder + "/history.sqlite"
        os.environ["DASS_CACHE"] = folder + "/cache"
        os.environ["IPYTHONDIR"] = folder + "/ipython"
        os.environ["DASS_PYTHON_PACKAGES"] = sysconfig.get_path("purelib")
        starts(folder, 10 if not asked.quick else 3)
        running = {side: Running(command, folder) for side, (command, *_) in SIDES.items()}
        try:
            for kernel in running.values():
                with Raw(kernel) as client:
                    client.ask("kernel_info_request", {})
            time.sleep(1)
            resources(running, 5)
            round_trips(running, repetitions, 50)
            completion_while_busy(running["dass"], repetitions, 50)
            pictures(running, repetitions // 20)
        finally:
            for kernel in running.values():
                kernel.end()


if __name__ == "__main__":
    main()
