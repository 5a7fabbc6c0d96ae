"""A measurement that is killed goes on, and comes to the same rows."""

import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
dataset d = demo spectrograms size 8
space s = vary resnet-demo widths 2, 2, 4, 4 depth 2 students 1..2 size 8 ratios 0.5, 1
teacher t = train s on d protocol demo epochs 2
pool p = sample 40 from s seed 4
metabase m = distill 40 of p for t protocol demo epochs 4
"""


def start(cache, script):
    environment = dict(os.environ, DASS_CACHE=str(cache))
    return subprocess.Popen(
        [ROOT / ".build-tests/release/dass", "run", script],
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def rows(cache):
    database = cache / "metabase.sqlite"
    if not database.exists():
        return []
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        try:
            return sorted(
                connection.execute("SELECT job_digest, best_accuracy, final_accuracy FROM results")
            )
        except sqlite3.OperationalError:
            return []


def test_a_killed_measurement_goes_on_to_the_same_rows(tmp_path):
    script = tmp_path / "measure.dass"
    script.write_text(SCRIPT)
    whole = tmp_path / "whole"
    assert start(whole, script).wait(120) == 0
    expected = rows(whole)
    assert len(expected) == len({row[0] for row in expected}) > 20

    killed = tmp_path / "killed"
    kills = 0
    while len(rows(killed)) < len(expected):
        before = len(rows(killed))
        process = start(killed, script)
        deadline = time.monotonic() + 60
        # Killed at another moment each time, without a chance to tidy up.
        while process.poll() is None and len(rows(killed)) < before + 5 + 7 * kills:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait(10)
    assert kills >= 2
    assert rows(killed) == expected
