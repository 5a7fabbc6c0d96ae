"""Golden cases of the predictor: adaptation with exact second-order gradients, and meta-training."""

from dataclasses import asdict, fields

import torch

from cases_networks import prefixed, without
from golden import Draws, Golden, Tensors
from predictor import Shape, Task, adapt, meta_loss, predict, query_loss

SHAPE = Shape()
SLOTS, CHOICES = (4, 2), 5  # 4 stages of at most 2 blocks, 5 width ratios: 40 places and one for the resolution


def drawn_code(draws: Draws) -> torch.Tensor:
    """Resolution first, then one-hot ratios of the active slots; a stage's last block has the full ratio."""
    code = torch.zeros(SHAPE.code)
    code[0] = 1
    for stage in range(SLOTS[0]):
        depth = draws.integers(1, below=SLOTS[1])[0] + 1
        for slot in range(depth):
            ratio = CHOICES - 1 if slot == depth - 1 else draws.integers(1, below=CHOICES)[0]
            code[1 + (stage * SLOTS[1] + slot) * CHOICES + ratio] = 1
    return code


def full_code() -> torch.Tensor:
    code = torch.zeros(SHAPE.code)
    code[0] = 1
    code[CHOICES::CHOICES] = 1
    return code


def drawn_task(draws: Draws, students: int, side: int) -> Tensors:
    """Maps are non-negative with many zeros, as they come out of a ReLU."""
    def maps(count: int) -> torch.Tensor:
        return draws.normal(count, SHAPE.channels, side, side).clamp(min=0)

    return {
        "teacher_map": maps(1), "teacher_code": full_code()[None],
        "teacher_accuracy": draws.uniform(1, low=0.6, high=0.9),
        "student_maps": maps(students), "student_codes": torch.stack([drawn_code(draws) for _ in range(students)]),
        "student_accuracies": draws.uniform(students, low=0.3, high=0.8),
    }


def task(values: Tensors, prefix: str) -> Task:
    parts = without(prefix, values)
    return Task(**{part.name: parts[part.name] for part in fields(Task)})


def leaves(values: Tensors) -> Tensors:
    return {name: value.detach().clone().requires_grad_() for name, value in values.items()}


def check_gradient(loss, values: list[Tensors], gradients: list[Tensors], step: float = 1e-5):
    """Central differences, along a random direction and in two single entries of every tensor."""
    draws = Draws(99)

    def moved(position: int, name: str, change: torch.Tensor) -> float:
        parts = [leaves(part) for part in values]
        parts[position][name] = (values[position][name] + change).detach().requires_grad_()
        return loss(*parts).item()

    for position, tensors in enumerate(values):
        for name, tensor in tensors.items():
            directions = [draws.normal(*tensor.shape).to(tensor.dtype)]
            for entry in draws.integers(2, below=tensor.numel()):
                single = torch.zeros_like(tensor)
                single.view(-1)[entry] = 1
                directions.append(single)
            for direction in directions:
                ahead, behind = (moved(position, name, sign * step * direction) for sign in (1, -1))
                numeric = (ahead - behind) / (2 * step)
                analytic = (gradients[position][name] * direction).sum().item()
                assert abs(numeric - analytic) <= 1e-6 * max(1e-2, abs(analytic)), (name, numeric, analytic)


def predictor() -> Golden:
    draws = Draws(10)
    parameters = SHAPE.drawn(draws)
    rates = {name: draws.uniform(*value.shape, low=0.002, high=0.008) for name, value in parameters.items()}
    stored = prefixed("parameters", parameters) | prefixed("rates", rates) | prefixed("task", drawn_task(draws, 6, 6))

    def compute(values: Tensors) -> Tensors:
        given = task(values, "task")
        results: Tensors = {}
        for order in ("second", "first"):
            parameters, rates = leaves(without("parameters", values)), leaves(without("rates", values))
            loss = meta_loss(parameters, rates, [given], second_order=order == "second")
            loss.backward()
            gradients = [{name: value.grad for name, value in part.items()} for part in (parameters, rates)]
            results |= prefixed(f"{order}_order.gradient", gradients[0])
            results |= prefixed(f"{order}_order.rate_gradient", gradients[1])
            if order == "second":
                results["outer_loss"] = loss.reshape(1)
                if loss.dtype == torch.float64:
                    check_gradient(lambda p, r: meta_loss(p, r, [given]), [parameters, rates], gradients)
        plain = leaves(without("parameters", values))
        for steps in range(3):
            adapted = adapt(plain, without("rates", values), given, steps)
            results[f"predictions.after{steps}"] = predict(
                adapted, given.student_maps, given.student_codes, given.teacher_map)
            results[f"teacher_prediction.after{steps}"] = predict(
                adapted, given.teacher_map, given.teacher_code, given.teacher_map)
        results["unadapted_loss"] = query_loss(plain, given).reshape(1)
        return results

    return Golden("predictor", stored, compute, {
        "seed": 10, "shape": asdict(SHAPE), "students": 6, "map_side": 6,
        "inner_loss": "mean squared error on the teacher as its own student",
        "outer_loss": "mean squared error over the students after one inner step",
        "second_order": "exact, checked by central differences in float64 when this file was made",
        "first_order": "the inner gradient held constant",
        "predictions": "afterN follow N inner steps, second order or first: the values are the same"})


META_STEPS, INITIAL_RATE, META_RATE = 3, 0.005, 5e-4


def meta() -> Golden:
    draws = Draws(11)
    stored = prefixed("start", SHAPE.drawn(draws))
    for number in range(2):
        stored |= prefixed(f"task{number}", drawn_task(draws, 4, 4))

    def compute(values: Tensors) -> Tensors:
        tasks = [task(values, f"task{number}") for number in range(2)]
        parameters = leaves(without("start", values))
        rates = {name: torch.full_like(value, INITIAL_RATE).requires_grad_() for name, value in parameters.items()}
        optimizer = torch.optim.Adam([*parameters.values(), *rates.values()], META_RATE)
        losses = []
        for _ in range(META_STEPS):
            loss = meta_loss(parameters, rates, tasks)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return {"losses": torch.stack(losses)} | prefixed("after", parameters) | prefixed("rates_after", rates)

    return Golden("meta", stored, compute, {
        "seed": 11, "shape": asdict(SHAPE), "tasks": 2, "students": 4, "map_side": 4, "steps": META_STEPS,
        "initial_rate": INITIAL_RATE, "inner_steps": 1, "order": "second",
        "optimizer": {"kind": "adam", "rate": META_RATE, "betas": [0.9, 0.999], "epsilon": 1e-8,
                      "updates": "parameters and inner rates"},
        "losses": "mean of the two tasks' losses at each step, before its update"})
