"""What the programs of this folder share: arguments, inputs, timing, and the reference implementation."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Callable

import torch
from safetensors import safe_open
from safetensors.torch import save_file

# The networks and the predictor as the tests define them.
sys.path.insert(0, str(Path(__file__).parents[2] / "Tests" / "Reference"))

Tensors = dict[str, torch.Tensor]


class Inputs:
    """The tensors and the metadata that `dass bench --exchange` wrote."""

    def __init__(self, path: Path):
        with safe_open(path, "pt") as file:
            self.metadata = file.metadata()
            self.tensors: Tensors = {name: file.get_tensor(name) for name in file.keys()}

    def __getitem__(self, name: str) -> torch.Tensor:
        return self.tensors[name]

    def under(self, prefix: str) -> Tensors:
        """Those whose names begin with `prefix`, without it."""
        return {name[len(prefix):]: value for name, value in self.tensors.items() if name.startswith(prefix)}


class Way:
    """One way to do a case's work."""

    # What a reader of the figures should know.
    note = ""

    def __init__(self, inputs: Inputs):
        self.inputs = inputs

    def results(self) -> Tensors:
        """What must agree with the other side's."""
        raise NotImplementedError

    def run(self) -> float:
        """Does the work and returns how many seconds it took, scaled up where only a part of it was done."""
        raise NotImplementedError


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(ways: dict[str, Callable[[Inputs], Way]]):
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--way", choices=ways, required=True)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--check", action="store_true", help="write the results instead of timing")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    way = ways[asked.way](Inputs(asked.folder / "inputs.safetensors"))
    if asked.check:
        save_file({name: value.contiguous() for name, value in way.results().items()},
                  asked.folder / f"{asked.way}.safetensors")
        return
    # A first time, as the other side has one: allocators grow and kernels are prepared.
    way.run()
    report = {"way": asked.way, "threads": asked.threads, "seconds": way.run()}
    if way.note:
        report["note"] = way.note
    print(json.dumps(report))
