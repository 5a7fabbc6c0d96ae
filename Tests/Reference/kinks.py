"""Where results jump: at rectifiers whose input lies next to zero, and at normalized rows that do.

Gradients jump where a rectifier's input passes zero, and a normalized row is turned round where the row passes zero, so
that rounding alone may carry what is made of them far from the exact result. Which side of zero something next to it is
on is not what a comparison is about: a result may be that of either side.
"""

from collections.abc import Callable
from unittest.mock import patch

import torch
import torch.nn.functional as F

NEAR = 1e-5
"""How close to zero rounding may change the side: in deviations of what goes into the same rectifiers, and in lengths of
the longest row."""
MOST = 10
"""How many turns are tried, the nearest ones."""

Turn = tuple[int, int, int]
"""A call, a place in it, and a factor: -1 for the other side, 0 for neither."""


class Kinks:
    """`F.relu` and `F.normalize` with some of what lies next to zero on the other side of it."""

    def __init__(self, turns: tuple[Turn, ...] = ()):
        self.turns = set(turns)
        self.calls = 0
        self.near: list[tuple[float, Turn]] = []
        self.normalize = F.normalize

    def run(self, compute: Callable[[], torch.Tensor]) -> float:
        with patch.object(F, "relu", self.rectified), patch.object(F, "normalize", self.normalized):
            return compute().item()

    def factors(self, distances: torch.Tensor, choices: tuple[int, ...]) -> torch.Tensor:
        """The factor of each place; what is near is noted down. Zeros come from zeros, and not from rounding."""
        result = torch.ones_like(distances)
        for place in torch.nonzero((distances < NEAR) & (distances > 0)).flatten().tolist():
            for factor in choices:
                turn = (self.calls, place, factor)
                self.near.append((distances[place].item(), turn))
                if turn in self.turns:
                    result[place] = factor
        self.calls += 1
        return result

    def rectified(self, values: torch.Tensor) -> torch.Tensor:
        inputs = values.detach().flatten()
        turned = self.factors(inputs.abs() / inputs.std(), (-1,)) < 0
        # What is turned is mirrored, so that it is as far from zero on the other side.
        mirrored = torch.where(turned.view(values.shape), values - 2 * values.detach(), values)
        return mirrored * (mirrored.detach() > 0)

    def normalized(self, values: torch.Tensor, dim: int) -> torch.Tensor:
        lengths = values.detach().norm(dim=dim)
        # What is shorter than the least length that is divided by passes zero without a jump.
        distances = torch.where(lengths > 1e-12, lengths / lengths.max(), 0)
        factors = self.factors(distances.flatten(), (-1, 0))
        return self.normalize(values, dim=dim) * factors.view(lengths.shape).unsqueeze(dim)


def is_of_another_side(found: float, compute: Callable[[], torch.Tensor], tolerance: float) -> bool:
    """Whether `found` is what `compute` gives on the other side of some of its kinks. The turns are found one by one, each
    the one that brings the result closest."""
    plain, turns = Kinks(), ()
    distance = abs(found - plain.run(compute))
    nearest = [turn for _, turn in sorted(plain.near)[:MOST]]
    while distance > tolerance and nearest:
        trials = [(abs(found - Kinks((*turns, turn)).run(compute)), turn) for turn in nearest]
        if min(trials)[0] >= distance:
            return False
        distance, turn = min(trials)
        turns = (*turns, turn)
        nearest.remove(turn)
    return distance <= tolerance
