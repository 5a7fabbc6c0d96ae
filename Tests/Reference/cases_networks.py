"""Golden cases of whole networks: the teacher, remapped students, a few steps of training."""

import torch
import torch.nn.functional as F

from golden import Draws, Golden, Tensors
from losses import cosine_rates, distillation
from networks import STRIDES, Architecture, drawn_weights, forward, is_statistic, parameters
from remapping import RULES, remap

CLASSES = 5
FULL_WIDTHS = (4, 8, 12, 16)
TEACHER = Architecture(tuple((width,) * 3 for width in FULL_WIDTHS))
STUDENTS = (
    Architecture(((2, 4), (6, 2, 8), (9, 12), (4, 12, 16))),
    Architecture(((4,), (8,), (12,), (16,))),
    Architecture(((1, 3, 4), (4, 8), (3, 6, 12), (8, 16))),
    Architecture(((3, 2, 4), (2, 4, 8), (12, 3, 12), (16, 8, 16))),
)
SPACE = {
    "full_widths": list(FULL_WIDTHS), "strides": list(STRIDES), "classes": CLASSES, "image": 16,
    "teacher": TEACHER.described(), "batch_norm": {"epsilon": 1e-5, "momentum": 0.1},
    "not_stored": "num_batches_tracked",
}


def prefixed(prefix: str, values: Tensors) -> Tensors:
    return {f"{prefix}.{name}": value for name, value in values.items()}


def without(prefix: str, values: Tensors) -> Tensors:
    start = f"{prefix}."
    return {name.removeprefix(start): value for name, value in values.items() if name.startswith(start)}


def leaves(weights: Tensors) -> Tensors:
    """A copy whose parameters record gradients."""
    return {
        name: value.detach().clone() if is_statistic(name) else value.detach().clone().requires_grad_()
        for name, value in weights.items()
    }


def teacher_weights() -> Tensors:
    return drawn_weights(TEACHER, CLASSES, Draws(5))


def network() -> Golden:
    draws = Draws(6)
    stored = prefixed("weights", teacher_weights()) | {"images": draws.normal(4, 3, 16, 16)}
    labels = draws.integers(4, below=CLASSES)

    def compute(values: Tensors) -> Tensors:
        weights = leaves(without("weights", values))
        evaluated = forward(weights, TEACHER, values["images"], training=False)
        trained = forward(weights, TEACHER, values["images"], training=True)
        loss = F.cross_entropy(trained.logits, torch.tensor(labels))
        loss.backward()
        return {
            "eval.logits": evaluated.logits, "eval.map": evaluated.map,
            "train.logits": trained.logits, "train.map": trained.map, "train.loss": loss.reshape(1),
        } | prefixed("gradient", {name: value.grad for name, value in parameters(weights).items()}) | prefixed(
            "after", trained.statistics)

    return Golden("network", stored, compute, {
        "seed": 6, "weights_seed": 5, "space": SPACE, "labels": labels,
        "loss": "mean cross-entropy, no smoothing, train mode; gradients are of this loss",
        "after": "running statistics after the one train-mode pass"})


def remapping() -> Golden:
    draws = Draws(7)
    stored = {"noise": draws.normal(1, 3, 16, 16)}

    def compute(values: Tensors) -> Tensors:
        weights = without("weights", values)
        results: Tensors = {}
        whole = forward(weights, TEACHER, values["noise"], training=False)
        results["teacher.map"], results["teacher.logits"] = whole.map, whole.logits
        for rule in RULES:
            same = remap(weights, TEACHER, TEACHER, rule)
            assert all(torch.equal(same[name], weights[name]) for name in weights), "the full student is the teacher"
            for number, student in enumerate(STUDENTS):
                remapped = forward(remap(weights, TEACHER, student, rule), student, values["noise"], training=False)
                results[f"student{number}.{rule}.map"] = remapped.map
                results[f"student{number}.{rule}.logits"] = remapped.logits
        return results

    return Golden("remapping", stored, compute, {
        "seed": 7, "space": SPACE, "students": [student.described() for student in STUDENTS],
        "teacher_weights": "weights.* of network.safetensors", "mode": "eval",
        "rules": {
            "copy_paste_first": "first blocks of a stage, first channels",
            "copy_paste_last": "last blocks of a stage, last channels",
            "copy_paste_uniform": "first blocks, channels 0, k, 2k, ... with k = floor(T / S), the first S of them",
            "copy_paste_uniform_last": "last blocks, channels as in copy_paste_uniform"},
        "channels": "chosen alike on out and in axes and in batch norm; the stem's input and the head stay whole",
    }, borrowed=prefixed("weights", teacher_weights()))


STUDENT = Architecture(((2, 4), (8,), (3, 12), (4, 16)))
TRAINING_STEPS, SCHEDULE_STEPS = 2, 4


def training() -> Golden:
    draws = Draws(8)
    start = remap(teacher_weights(), TEACHER, STUDENT, "copy_paste_first")
    stored = prefixed("start", start)
    labels = []
    for step in range(TRAINING_STEPS):
        stored[f"batch{step}.images"] = draws.normal(5, 3, 16, 16)
        labels.append(draws.integers(5, below=CLASSES))
    rates = cosine_rates(0.05, SCHEDULE_STEPS)[:TRAINING_STEPS]
    variants = ("paper", "code")

    def compute(values: Tensors) -> Tensors:
        teacher = without("weights", values)
        results: Tensors = {}
        for step in range(TRAINING_STEPS):
            results[f"batch{step}.teacher_logits"] = forward(
                teacher, TEACHER, values[f"batch{step}.images"], training=False).logits
        for variant in variants:
            weights = leaves(without("start", values))
            optimizer = torch.optim.SGD(
                list(parameters(weights).values()), rates[0], momentum=0.9, nesterov=True, weight_decay=3e-5)
            step_losses = []
            for step, rate in enumerate(rates):
                optimizer.param_groups[0]["lr"] = rate
                passed = forward(weights, STUDENT, values[f"batch{step}.images"], training=True)
                targets = torch.tensor(labels[step])
                teacher_logits = results[f"batch{step}.teacher_logits"]
                loss = distillation(passed.logits, teacher_logits, targets, 6, 0.5, variant)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                weights |= passed.statistics
                step_losses.append(loss.detach())
            results[f"{variant}.losses"] = torch.stack(step_losses)
            results |= prefixed(f"{variant}.after", weights)
        return results

    return Golden("training", stored, compute, {
        "seed": 8, "space": SPACE, "student": STUDENT.described(), "labels": labels,
        "teacher_weights": "weights.* of network.safetensors; teacher logits are in eval mode",
        "start": "the student remapped by copy_paste_first", "learning_rates": rates,
        "optimizer": {"kind": "sgd", "rate": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 3e-5,
                      "decayed": "every parameter, batch norm and bias included", "schedule_steps": SCHEDULE_STEPS},
        "variants": {"paper": "distillation, T 6, alpha 0.5, soft term as is",
                     "code": "the same, soft term times 36"},
        "losses": "of each step, before its update"},
        borrowed=prefixed("weights", teacher_weights()))
