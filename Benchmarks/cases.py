"""What is compared: a line a case."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`dass bench NAME` against the ways of pytorch/PROGRAM to do the same work."""

    name: str
    program: str
    # Ways to do it in PyTorch, each with the ratios that are aimed at on one thread and on two.
    ways: dict[str, tuple[float, float]]
    # The largest difference of each result, relative to its largest magnitude.
    tolerance: float = 1e-4


CASES = [
    Case("scoring", "scoring.py", {"authors": (20, 35), "written-well": (5, 7), "same-tricks": (2, 2.4)}),
    Case("proxies", "proxies.py", {"channels-last": (1, 1)}, tolerance=1e-3),
    Case("teacher-step-8-64", "steps.py", {"teacher": (1.5, 1.5)}),
    Case("teacher-step-16-128", "steps.py", {"teacher": (1.5, 1.5)}),
    Case("distillation-step-8-64", "steps.py", {"distillation": (1.5, 1.5)}),
    Case("distillation-step-16-128", "steps.py", {"distillation": (1.5, 1.5)}),
    Case("distillation", "distillation.py", {"asking": (2.5, 2.5), "keeping": (1.5, 1.5)}),
    Case("episode", "episode.py", {"contiguous": (3, 3), "channels-last": (3, 3)}),
]
