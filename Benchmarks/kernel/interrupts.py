"""How long each of the program's long computations goes on after an interrupt: from the request to the cell's error.

Every statement is interrupted several times, at moments spread over its first seconds. Prints one JSON object a
line: statement, count, median and most, in milliseconds; the aim is 200. DASS=PROGRAM names the program.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from clients import Raw, Running

DASS = os.environ.get("DASS", ".build/release/dass")
SETTING = """space tiny = vary resnet widths 8, 8, 16, 16 depth 2 students 1..2 size 16
dataset d = digits
dataset large = digits size 64
teacher t = train tiny on d epochs 1
pool p = sample 200 from tiny
pool many = sample 100000 from tiny
metabase m = distill 6 of p for t epochs 1
predictor f = metatrain on m episodes 5
dataset few = glyphs "greek" size 64 classes 2 images 8
teacher w = train resnet on few epochs 1
pool wide = sample 20000 from resnet
metabase n = distill 2 of wide for w epochs 1
predictor ranker = metatrain on n episodes 1"""
STATEMENTS = [
    "sleep 600s",
    "pool q = sample 100000 from resnet where macs < 200M",
    'dataset g = glyphs "greek" size 256 classes 24',
    "teacher u = train tiny on d epochs 9000",
    "teacher v = train resnet on large epochs 10",
    "metabase o = distill 200 of p for t epochs 500",
    "predictor h = metatrain on m episodes 1000000",
    "search wide for w with ranker",
    "plot pool of many",
]


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DASS_HISTORY"] = folder + "/history.sqlite"
        os.environ["DASS_CACHE"] = folder + "/cache"
        with Running([DASS, "kernel", "{connection_file}"], folder) as kernel, Raw(kernel) as client:
            reply = client.receive(client.start(SETTING))
            if reply["status"] != "ok":
                sys.exit(f"the setting failed: {reply['evalue']}")
            for statement in STATEMENTS:
                times, missed = [], 0
                for number in range(5):
                    cell = client.start(statement)
                    time.sleep(0.3 + 0.37 * number)
                    start = time.perf_counter()
                    client.interrupt()
                    reply = client.receive(cell)
                    if reply["status"] == "error" and reply["ename"] == "Interrupted":
                        times.append(1e3 * (time.perf_counter() - start))
                    elif reply["status"] == "ok":
                        # It had ended before.
                        missed += 1
                    else:
                        sys.exit(f"{statement}: {reply['ename']}: {reply['evalue']}")
                line = {"figure": "interrupt to error", "side": "dass", "statement": statement.split("\n")[0],
                        "unit": "ms", "count": len(times), "ended before": missed, "aim": "below 200"}
                if times:
                    line |= {"median": round(statistics.median(times), 1), "most": round(max(times), 1)}
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
