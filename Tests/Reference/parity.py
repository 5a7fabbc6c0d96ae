"""Compares the program with PyTorch on cases made anew: teachers, predictors, inner rates, noise, students and images,
all drawn here, handed over as files, and read back from what the program saves.

    .venv/bin/python parity.py --program ../../.build/release/dass

The formulas are those of networks.py, remapping.py, predictor.py and zero_cost.py, computed in double precision. Beside the
program's deviation from them stands that of PyTorch itself in single precision. A result beyond the tolerance must be
within it on the other side of some of the kinks next to it (kinks.py). Predictions are compared with the exact ones from the maps
that the program found. A case is a folder with a script that `dass run`
runs; `--keep FOLDER` leaves the cases there, to be changed and run by hand.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from golden import Draws, Tensors, deviation
from kinks import is_of_another_side
from networks import Architecture, drawn_weights, forward
from predictor import Shape, Task, adapt, predict
from remapping import RULES, remap
from zero_cost import PROXIES, Network, diswot, similarity_views

TOLERANCE = 1e-4
SCORES = {proxy.__name__: proxy for proxy in (*PROXIES, diswot)}
IMAGES = 6
RULE_NAMES = {"first": "copy_paste_first", "last": "copy_paste_last", "uniform": "copy_paste_uniform",
              "uniform-last": "copy_paste_uniform_last"}
assert set(RULE_NAMES.values()) == set(RULES)


@dataclass(frozen=True)
class Space:
    """A space of basic blocks, as the clauses of `vary` describe it."""

    widths: tuple[int, ...]
    depth: int
    ratios: tuple[float, ...]
    size: int
    has_depths: bool
    """Whether the code ends with one-hot depths (`slots-and-depths`)."""

    @property
    def statement(self) -> str:
        return (f"space s = vary resnet widths {', '.join(map(str, self.widths))} depth {self.depth} "
                f"students 1..{self.depth} ratios {', '.join(map(str, self.ratios))} size {self.size} "
                f"code {'slots-and-depths' if self.has_depths else 'slots'}")

    def allowed(self, stage: int) -> list[int]:
        return [round(self.widths[stage] * ratio) for ratio in self.ratios]

    @property
    def teacher(self) -> Architecture:
        return Architecture(tuple((width,) * self.depth for width in self.widths))

    def student(self, draws: Draws) -> Architecture:
        stages = []
        for stage, full in enumerate(self.widths):
            inner = draws.integers(draws.integers(1, below=self.depth)[0], below=len(self.ratios))
            stages.append(tuple(self.allowed(stage)[ratio] for ratio in inner) + (full,))
        return Architecture(tuple(stages))

    def code(self, architecture: Architecture) -> torch.Tensor:
        """One for the resolution, one-hot ratios of each slot, then one-hot depths."""
        slots = torch.zeros(4, self.depth, len(self.ratios))
        depths = torch.zeros(4, self.depth)
        for stage, blocks in enumerate(architecture.widths):
            for place, width in enumerate(blocks):
                slots[stage, place, self.allowed(stage).index(width)] = 1
            depths[stage, len(blocks) - 1] = 1
        parts = [torch.ones(1), slots.flatten()] + ([depths.flatten()] if self.has_depths else [])
        return torch.cat(parts)


SPACES = (
    Space((4, 8, 12, 16), 2, (0.25, 0.5, 0.75, 1), 16, True),
    Space((8, 8, 16, 24), 3, (0.5, 0.625, 0.75, 0.875, 1), 24, False),
    Space((16, 32, 64, 128), 3, (0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1), 32, True),
    Space((32, 64, 128, 256), 5, (0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1), 64, True),
)


class Case:
    """What is drawn, as files in a folder, and what must come out."""

    def __init__(self, folder: Path, space: Space, seed: int, students: int):
        draws = Draws(seed)
        self.folder, self.space = folder, space
        self.classes = 3 + draws.integers(1, below=IMAGES - 2)[0]
        self.weights = drawn_weights(space.teacher, self.classes, draws)
        self.students = [space.student(draws) for _ in range(students)]
        self.noise = draws.normal(1, 3, space.size, space.size)
        self.shape = Shape(
            channels=space.widths[-1], code=len(space.code(space.teacher)), embedding=5 + seed % 4, hidden=6)
        # As PyTorch draws layers at first, so that an inner step is as small as in meta-training.
        self.parameters = {
            name: draws.uniform(*value.shape, low=-(bound := value[0].numel() ** -0.5), high=bound)
            for name, value in self.shape.drawn(draws).items()}
        # A large step drives the hidden layer to the ends of its tanh, and then the adapted predictor magnifies rounding,
        # PyTorch's as well, some thousand times.
        self.rates = {name: draws.uniform(*value.shape, low=-0.0004, high=0.002)
                      for name, value in self.parameters.items()}
        # A percentage of three digits is the same number in both programs.
        self.accuracy = (300 + draws.integers(1, below=650)[0]) / 1000
        self.pixels = torch.randint(256, (IMAGES, space.size, space.size, 3), generator=draws.generator)
        # Every class has an image: the dataset knows of no others.
        self.labels = list(range(self.classes)) + draws.integers(IMAGES - self.classes, below=self.classes)

    def write(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        save_file(self.weights, self.folder / "teacher.safetensors")
        save_file(self.parameters, self.folder / "predictor.safetensors")
        save_file(self.rates, self.folder / "rates.safetensors")
        # Both forms that noise may have.
        np.save(self.folder / "noise.npy", self.noise.numpy())
        save_file({"noise": self.noise}, self.folder / "noise.safetensors")
        (self.folder / "students.json").write_text(
            json.dumps({"students": [student.widths for student in self.students]}))
        for part in ("train", "test"):
            np.save(self.folder / f"{part}_images.npy", self.pixels.numpy().astype(np.uint8))
            np.save(self.folder / f"{part}_labels.npy", np.array(self.labels))
        (self.folder / "parity.dass").write_text(self.script)

    @property
    def script(self) -> str:
        lines = [
            self.space.statement,
            f'dataset d = files "{self.folder}" size {self.space.size}',
            f'teacher t = load "{self.folder}/teacher.safetensors" space s accuracy {self.accuracy}',
            f'pool p = load "{self.folder}/students.json" space s',
        ]
        for rule in RULE_NAMES:
            form = "npy" if rule in ("first", "uniform") else "safetensors"
            noise = f'from {rule} noise-file "{self.folder}/noise.{form}"'
            lines += [
                f"embedding e = embed p for t {noise}",
                f'save e "{self.folder}/embedding-{rule}.safetensors"',
            ]
            for steps in (1, 2):
                lines += [
                    f'predictor f = load "{self.folder}/predictor.safetensors" space s '
                    f'rates "{self.folder}/rates.safetensors" steps {steps} {noise}',
                    "predicted = predict p for t with f",
                    f'save predicted "{self.folder}/predicted-{rule}-{steps}.json"',
                ]
        if self.has_proxies:
            lines.append(f'teacher u = load "{self.folder}/teacher.safetensors" on d space s')
            for proxy in SCORES:
                for norm in ("batch", "running"):
                    lines += [
                        f"predictor q = proxy {proxy} from first batch {IMAGES} norm {norm}",
                        "predicted = predict p for u with q",
                        f'save predicted "{self.folder}/{proxy}-{norm}.json"',
                    ]
        return "\n".join(lines) + "\n"

    @property
    def has_proxies(self) -> bool:
        # Second-order gradients in double precision would take minutes at the paper's sizes.
        return self.space.size < 64

    # What must come out.

    def embeddings(self, rule: str, dtype: torch.dtype) -> Tensors:
        weights = {name: value.to(dtype) for name, value in self.weights.items()}
        noise, space = self.noise.to(dtype), self.space
        whole = forward(weights, space.teacher, noise, training=False)
        passes = [
            forward(remap(weights, space.teacher, student, RULE_NAMES[rule]), student, noise, training=False)
            for student in self.students]
        return {
            "noise": noise, "teacher.map": whole.map, "teacher.logits": whole.logits,
            "teacher.code": space.code(space.teacher)[None].to(dtype),
            "maps": torch.cat([each.map for each in passes]), "logits": torch.cat([each.logits for each in passes]),
            "codes": torch.stack([space.code(student) for student in self.students]).to(dtype)}

    def predictions(self, embeddings: Tensors, steps: int) -> Tensors:
        dtype = embeddings["maps"].dtype
        parameters = {name: value.to(dtype).requires_grad_() for name, value in self.parameters.items()}
        rates = {name: value.to(dtype) for name, value in self.rates.items()}
        accuracy = torch.tensor([self.accuracy], dtype=dtype)
        task = Task(embeddings["teacher.map"], embeddings["teacher.code"], accuracy, embeddings["maps"],
                    embeddings["codes"], accuracy)
        adapted = adapt(parameters, rates, task, steps)
        return {
            name: predict(values, task.student_maps, task.student_codes, task.teacher_map).detach()
            for name, values in (("before", parameters), ("after", adapted))}

    def score(self, proxy: str, student: int, norm: str, dtype: torch.dtype) -> torch.Tensor:
        weights = {name: value.to(dtype) for name, value in self.weights.items()}
        batch = (self.pixels.permute(0, 3, 1, 2).to(dtype) / 127.5 - 1, self.labels, norm == "batch")

        def network(architecture: Architecture) -> Network:
            return Network(architecture, remap(weights, self.space.teacher, architecture, "copy_paste_first"))

        views = [similarity_views(network(self.space.teacher), *batch)] if proxy == "diswot" else []
        return SCORES[proxy](network(self.students[student]), *batch, *views).detach()

    # What came out.

    def compared(self):
        """Yields the name of each result, what the program found, the exact values, PyTorch's in single precision, and a
        function that computes one of the exact values again."""
        for rule in RULE_NAMES:
            exact, single = self.embeddings(rule, torch.double), self.embeddings(rule, torch.float)
            found = load_file(self.folder / f"embedding-{rule}.safetensors")
            # An inner step can amplify what the maps are off by, and those are compared by themselves.
            inputs = {name: value.double() for name, value in found.items()}
            assert found.keys() == exact.keys(), found.keys() ^ exact.keys()
            for name, value in exact.items():
                assert found[name].shape == value.shape, (name, found[name].shape, value.shape)
                kind = f"{name}, from {rule}" if name in ("maps", "logits") else name
                yield kind, found[name], value, single[name], None
            for steps in (1, 2):
                of_single = self.predictions({name: value.float() for name, value in found.items()}, steps)
                for name, value in self.predictions(inputs, steps).items():
                    kind = f"predictions, {steps} steps" if name == "after" else "predictions, not adapted"
                    yield (kind, self.column(f"predicted-{rule}-{steps}", name), value, of_single[name],
                           lambda student: self.predictions(inputs, steps)[name][student])
        if self.has_proxies:
            for norm in ("batch", "running"):
                for name in SCORES:
                    exact, single = (torch.stack([self.score(name, student, norm, dtype)
                                                  for student in range(len(self.students))])
                                     for dtype in (torch.double, torch.float))
                    yield (f"{name}, {norm} statistics", self.column(f"{name}-{norm}", "score"), exact, single,
                           lambda student: self.score(name, student, norm, torch.double))

    def column(self, file: str, name: str) -> torch.Tensor:
        rows = json.loads((self.folder / f"{file}.json").read_text())
        return torch.tensor([row[name] for row in rows], dtype=torch.double)


@dataclass
class Comparison:
    """One kind of result over all cases; deviations are relative to the largest exact value of a tensor."""

    deviation: float = 0
    single: float = 0
    """Of PyTorch in single precision."""
    turned: int = 0
    """How many are beyond the tolerance as they are, and within it on the other side of a kink."""
    beyond: int = 0
    """How many are beyond it on either side."""
    count: int = 0

    def add(self, found: torch.Tensor, exact: torch.Tensor, single: torch.Tensor,
            again: Callable[[int], torch.Tensor] | None):
        self.deviation = max(self.deviation, deviation(found, exact))
        self.single = max(self.single, deviation(single, exact))
        self.count += exact.numel()
        tolerance = TOLERANCE * exact.abs().max().item()
        far = ((found.double() - exact).abs() > tolerance).flatten().nonzero().flatten().tolist()
        turned = [again and is_of_another_side(found[place].item(), lambda: again(place), tolerance) for place in far]
        self.turned += turned.count(True)
        self.beyond += len(far) - turned.count(True)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--program", default="../../.build/release/dass", help="the program to check")
    arguments.add_argument("--cases", type=int, default=2, help="cases of each space")
    arguments.add_argument("--students", type=int, default=8, help="students of a case")
    arguments.add_argument("--seed", type=int, default=1, help="of the first case")
    arguments.add_argument("--keep", type=Path, help="where to leave the cases")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    program = str(Path(options.program).resolve())
    results: dict[str, Comparison] = defaultdict(Comparison)
    with tempfile.TemporaryDirectory() as temporary:
        place = (options.keep or Path(temporary)).resolve()
        for number, space in enumerate(SPACES * options.cases):
            case = Case(place / f"case-{number}", space, options.seed + number, options.students)
            case.write()
            result = subprocess.run(
                [program, "run", str(case.folder / "parity.dass")], capture_output=True, text=True,
                env=os.environ | {"DASS_CACHE": str(place / "cache")})
            if result.returncode != 0:
                print(f"case {number}: {result.stderr}", file=sys.stderr)
                return 1
            for kind, *values in case.compared():
                results[kind].add(*values)
    print(f"{'largest deviation of':30} {'program':>8} {'PyTorch in float32':>20} {'beyond 1e-4':>15}")
    for kind, result in sorted(results.items()):
        print(f"{kind:30} {result.deviation:8.1e} {result.single:20.1e} {result.beyond:8} of {result.count}"
              + (f", {result.turned} on the other side of a kink" if result.turned else "")
              + ("  TOO FAR" if result.beyond else ""))
    return 1 if any(result.beyond for result in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
