"""Golden case of once-for-all's blocks: a network's values and gradients, and students remapped from it."""

import torch
import torch.nn.functional as F

from bottleneck import Network, drawn_weights, forward, remap
from cases_networks import leaves, prefixed, without
from golden import Draws, Golden, Tensors
from networks import parameters
from remapping import RULES

EXPANSION, STEM, CLASSES = 0.35, 16, 5
TEACHER = Network(((16,) * 2, (16,), (24,) * 2, (32,) * 2), EXPANSION, STEM)
STUDENTS = [
    Network(widths, EXPANSION, STEM) for widths in (
        ((16,), (16,), (24,), (32,)),
        ((8, 16), (16,), (16, 24), (24, 32)),
        ((16, 16), (16,), (24,), (16, 32)))]


def cost(network: Network, weights: Tensors) -> list[int]:
    """Multiply-adds of one image with the head, and parameters."""
    costs: list[int] = []
    forward(weights, network, torch.zeros(1, 3, 64, 64), training=False, costs=costs)
    return [sum(costs) + weights["fc.weight"].numel(), sum(value.numel() for value in parameters(weights).values())]


def bottleneck() -> Golden:
    draws = Draws(14)
    weights = drawn_weights(TEACHER, CLASSES, draws)
    stored = prefixed("weights", weights) | {"images": draws.normal(2, 3, 64, 64)}
    labels = draws.integers(2, below=CLASSES)

    def compute(values: Tensors) -> Tensors:
        variables = leaves(without("weights", values))
        images = values["images"]
        evaluated = forward(variables, TEACHER, images, training=False)
        trained = forward(variables, TEACHER, images, training=True)
        loss = F.cross_entropy(trained.logits, torch.tensor(labels))
        loss.backward()
        results = {
            "eval.logits": evaluated.logits, "eval.map": evaluated.map,
            "train.logits": trained.logits, "train.map": trained.map, "train.loss": loss.reshape(1),
        } | prefixed("gradient", {name: value.grad for name, value in parameters(variables).items()}) | prefixed(
            "after", trained.statistics)
        for rule in RULES:
            same = remap(variables, TEACHER, TEACHER, rule)
            assert all(torch.equal(same[name], variables[name]) for name in variables), "the full student is the teacher"
            for number, student in enumerate(STUDENTS):
                passed = forward(remap(variables, TEACHER, student, rule), student, images, training=False)
                results[f"student{number}.{rule}.map"] = passed.map
                results[f"student{number}.{rule}.logits"] = passed.logits
        return results

    return Golden("bottleneck", stored, compute, {
        "seed": 14, "labels": labels, "expansion": EXPANSION, "stem": STEM,
        "teacher": [list(stage) for stage in TEACHER.widths],
        "students": [[list(stage) for stage in student.widths] for student in STUDENTS],
        "costs": [cost(TEACHER, weights)] + [
            cost(student, remap(weights, TEACHER, student, "copy_paste_first")) for student in STUDENTS],
        "loss": "mean cross-entropy, train mode"})
