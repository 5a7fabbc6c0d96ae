"""Golden case of adaptation to measured students, for predictors that read all maps, the student's alone, or none."""

from dataclasses import asdict

import torch
import torch.nn.functional as F

from cases_networks import prefixed, without
from cases_predictor import check_gradient, leaves
from golden import Draws, Golden, Tensors
from predictor import Shape, encoded

SHAPE = Shape(channels=4, code=11, embedding=3, hidden=4)
SUPPORT, QUERY, SIDE, STEPS = 3, 4, 4, 2
READINGS = ("both", "student", "none")


def predict(parameters: Tensors, maps: torch.Tensor, codes: torch.Tensor, teacher_map: torch.Tensor) -> torch.Tensor:
    """The predictor of the paper; encoders that it has no weights for are left out."""
    parts = [F.linear(codes, parameters["arch_encoder.fc.weight"], parameters["arch_encoder.fc.bias"])]
    if "func_encoder.conv1.weight" in parameters:
        parts.insert(0, encoded(parameters, "func_encoder", maps))
    if "teacher_encoder.conv1.weight" in parameters:
        parts.append(encoded(parameters, "teacher_encoder", teacher_map).expand(len(codes), -1))
    hidden = F.linear(torch.cat(parts, dim=1), parameters["proj_layers.0.weight"], parameters["proj_layers.0.bias"])
    return F.linear(hidden.tanh(), parameters["proj_layers.2.weight"], parameters["proj_layers.2.bias"]).squeeze(1)


def loss_on(parameters: Tensors, task: Tensors, part: str) -> torch.Tensor:
    predicted = predict(parameters, task[f"{part}_maps"], task[f"{part}_codes"], task["teacher_map"])
    return F.mse_loss(predicted, task[f"{part}_accuracies"])


def outer_loss(parameters: Tensors, rates: Tensors, task: Tensors) -> torch.Tensor:
    for _ in range(STEPS):
        inner = loss_on(parameters, task, "support")
        gradients = torch.autograd.grad(inner, list(parameters.values()), create_graph=True)
        parameters = {name: value - rates[name] * gradient
                      for (name, value), gradient in zip(parameters.items(), gradients, strict=True)}
    return loss_on(parameters, task, "query")


def read_by(reading: str, parameters: Tensors) -> Tensors:
    """The weights of a predictor that reads fewer maps; the projection keeps the columns of what is read."""
    dropped = {"both": (), "student": ("teacher_encoder",), "none": ("func_encoder", "teacher_encoder")}[reading]
    kept = {name: value for name, value in parameters.items() if not name.startswith(dropped or "-")}
    columns = parameters["proj_layers.0.weight"]
    first = SHAPE.channels if reading == "none" else 0
    last = columns.shape[1] - (0 if reading == "both" else SHAPE.channels)
    return kept | {"proj_layers.0.weight": columns[:, first:last]}


def adaptation() -> Golden:
    draws = Draws(14)
    parameters = SHAPE.drawn(draws)
    rates = {name: draws.uniform(*value.shape, low=0.01, high=0.04) for name, value in parameters.items()}
    task: Tensors = {"teacher_map": draws.normal(1, SHAPE.channels, SIDE, SIDE).clamp(min=0)}
    for part, count in (("support", SUPPORT), ("query", QUERY)):
        task |= {
            f"{part}_maps": draws.normal(count, SHAPE.channels, SIDE, SIDE).clamp(min=0),
            f"{part}_codes": draws.uniform(count, SHAPE.code).round(),
            f"{part}_accuracies": draws.uniform(count, low=0.3, high=0.8),
        }
    stored = prefixed("parameters", parameters) | prefixed("rates", rates) | prefixed("task", task)

    def compute(values: Tensors) -> Tensors:
        given = without("task", values)
        results: Tensors = {}
        for reading in READINGS:
            parts = [leaves(read_by(reading, without(name, values))) for name in ("parameters", "rates")]
            loss = outer_loss(*parts, given)
            loss.backward()
            gradients = [{name: value.grad for name, value in part.items()} for part in parts]
            results[f"{reading}.outer_loss"] = loss.reshape(1)
            results |= prefixed(f"{reading}.gradient", gradients[0])
            results |= prefixed(f"{reading}.rate_gradient", gradients[1])
            if loss.dtype == torch.float64:
                check_gradient(lambda p, r: outer_loss(p, r, given), parts, gradients)
        return results

    return Golden("adaptation", stored, compute, {
        "seed": 14, "shape": asdict(SHAPE), "inner_steps": STEPS, "readings": list(READINGS),
        "support": "measured students, in place of the teacher", "outer_loss": "mean squared error over the query"})
