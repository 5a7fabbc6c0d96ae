"""Compares this program with PyTorch and its kernel with ipykernel, measured in turn on one machine in the same minutes.

For every case: both sides compute the same results, which must agree before anything is timed; then, for each number
of threads, rounds in which every side runs once, in a process of its own. A ratio is PyTorch's time over this program's
in the same round.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from safetensors.numpy import load_file

from cases import CASES, Case

HERE = Path(__file__).parent
DASS, PYTHON = os.environ["DASS"], os.environ["PYTHON"]
# What the kernel is measured with needs Jupyter, and what the networks are measured with needs PyTorch.
JUPYTER = os.environ.get("JUPYTER", str(HERE.parent / ".venv" / "bin" / "python"))


def lines(command: list[str]) -> list[dict]:
    """Runs a command that prints JSON objects, one a line."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with status {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def pytorch(case: Case, folder: Path, *arguments: str) -> list[dict]:
    return lines([PYTHON, str(HERE / "pytorch" / case.program), str(folder), *arguments])


def check(case: Case, folder: Path, options: list[str]) -> float:
    """Writes what both sides work on, and ends the program if their results differ. Returns the largest difference."""
    lines([DASS, "bench", case.name, "--exchange", str(folder), *options])
    worst = 0.0
    wanted = load_file(folder / "results.safetensors")
    for way in case.ways:
        pytorch(case, folder, "--way", way, "--check")
        found = load_file(folder / f"{way}.safetensors")
        for name, values in found.items():
            expected = wanted[name][: len(values)]
            difference = float(numpy.abs(values - expected).max() / numpy.abs(expected).max())
            if not difference <= case.tolerance:
                sys.exit(f"{case.name}: {name} of {way} differs by {difference:.1e} of its largest magnitude")
            worst = max(worst, difference)
    return worst


def spread(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def compare(case: Case, threads: int, rounds: int, folder: Path, options: list[str]) -> list[str]:
    """Rows of the table: one for this program, one for each way of PyTorch."""
    ours: list[float] = []
    theirs: dict[str, list[float]] = {way: [] for way in case.ways}
    fraction, scaled = 0.0, {}
    for number in range(rounds):
        print(f"{case.name}, {threads} threads: round {number + 1} of {rounds}", file=sys.stderr)
        count = ["--threads", str(threads)]
        (own,) = lines([DASS, "bench", case.name, "--json", "--repetitions", "1", *count, *options])
        ours += own["seconds"]
        fraction = max(fraction, own["operations"] / own["peak"] / own["seconds"][0])
        for way in case.ways:
            (one,) = pytorch(case, folder, "--way", way, *count)
            theirs[way].append(one["seconds"])
            scaled[way] = one.get("note", "")
    rows = [f"| {case.name} | {threads} | this program | {spread(ours, 3)} | {fraction:.0%} of the peak | |"]
    for way, targets in case.ways.items():
        ratios = [their / our for their, our in zip(theirs[way], ours, strict=True)]
        target = targets[0] if threads == 1 else targets[1]
        rows.append(
            f"| | | PyTorch, {way} | {spread(theirs[way], 3)} | {spread(ratios, 2)} times | {target:g} times |")
    return rows + [f"<!-- {case.name}, {way}: {note} -->" for way, note in scaled.items() if note]


def kernel(options: list[str]) -> list[str]:
    """The kernel beside ipykernel, and how long its computations go on after an interrupt; a table of its own."""
    rows = ["| figure | client | side | median | p99 or most | aim |", "| --- | --- | --- | --- | --- | --- |"]
    for program, asked in (("latency.py", options), ("interrupts.py", [])):
        print(f"kernel: {program}", file=sys.stderr)
        for line in lines([JUPYTER, str(HERE / "kernel" / program), *asked]):
            figure = ": ".join(filter(None, (line["figure"], line.get("statement"))))
            last, unit = line.get("p99", line.get("most", "")), line["unit"]
            rows.append(f"| {figure} | {line.get('client', '')} | {line['side']} | {line.get('median', '')} {unit} "
                        f"| {last} {unit} | {line.get('aim', '')} |")
    return rows


def machine() -> str:
    model = platform.processor()
    try:
        described = Path("/proc/cpuinfo").read_text()
        model = next(line.split(":")[1].strip() for line in described.splitlines() if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {os.cpu_count()} processors, {platform.system()} {platform.release()}"


def main():
    names = [case.name for case in CASES] + ["kernel"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="case", help=f"all when left out: {', '.join(names)}")
    parser.add_argument("--threads", default="1,2", help="numbers of threads, for instance 1,2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="less work, for a quick look")
    parser.add_argument("--table", type=Path, help="also write the table into this file, as Markdown")
    asked = parser.parse_args()
    if unknown := set(asked.cases) - set(names):
        parser.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    options = ["--quick"] if asked.quick else []
    rows = [
        "| case | threads | side | seconds: median (least to most) | times faster | aim |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    notes = [f"Measured {datetime.date.today()} on: {machine()}.", ""]
    for case in CASES:
        if asked.cases and case.name not in asked.cases:
            continue
        with tempfile.TemporaryDirectory() as name:
            difference = check(case, Path(name), options)
            notes.append(f"{case.name}: both sides' results differ by {difference:.1e} of the largest magnitude.")
            for threads in asked.threads.split(","):
                rows += compare(case, int(threads), asked.rounds, Path(name), options)
    if asked.cases == ["kernel"]:
        rows = []
    if not asked.cases or "kernel" in asked.cases:
        rows += [""] + kernel(options)
    table = "\n".join(notes + [""] + rows) + "\n"
    print(table)
    if asked.table:
        asked.table.write_text(table)


if __name__ == "__main__":
    main()
