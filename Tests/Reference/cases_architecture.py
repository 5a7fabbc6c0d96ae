"""Golden case of the baselines that read the architecture code alone: MAML and Meta-SGD."""

import torch
import torch.nn.functional as F

from cases_networks import prefixed, without
from cases_predictor import check_gradient, leaves
from golden import Draws, Golden, Tensors

CODE, HIDDEN, STUDENTS, STEPS = 12, (7, 6), 5, 2


def predict(parameters: Tensors, codes: torch.Tensor) -> torch.Tensor:
    values = codes
    for layer in range(len(HIDDEN) + 1):
        values = F.linear(values, parameters[f"layers.{layer}.weight"], parameters[f"layers.{layer}.bias"])
        values = F.relu(values) if layer < len(HIDDEN) else values
    return values.squeeze(1)


def outer_loss(parameters: Tensors, rates: Tensors, task: Tensors, second_order: bool = True) -> torch.Tensor:
    adapted = parameters
    for _ in range(STEPS):
        inner = F.mse_loss(predict(adapted, task["teacher_code"]), task["teacher_accuracy"])
        gradients = torch.autograd.grad(inner, list(adapted.values()), create_graph=second_order)
        adapted = {name: value - rates[name] * gradient
                   for (name, value), gradient in zip(adapted.items(), gradients)}
    return F.mse_loss(predict(adapted, task["student_codes"]), task["student_accuracies"])


def architecture() -> Golden:
    draws = Draws(13)
    widths = (CODE, *HIDDEN, 1)
    parameters: Tensors = {}
    for layer, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        parameters[f"layers.{layer}.weight"] = draws.normal(outputs, inputs, deviation=inputs**-0.5)
        parameters[f"layers.{layer}.bias"] = draws.uniform(outputs, low=0.1, high=0.4)
    rates = {name: draws.uniform(*value.shape, low=0.02, high=0.08) for name, value in parameters.items()}
    task = {
        "teacher_code": draws.uniform(1, CODE).round(), "teacher_accuracy": draws.uniform(1, low=0.6, high=0.9),
        "student_codes": draws.uniform(STUDENTS, CODE).round(),
        "student_accuracies": draws.uniform(STUDENTS, low=0.3, high=0.8),
    }
    stored = prefixed("parameters", parameters) | prefixed("rates", rates) | prefixed("task", task)

    def compute(values: Tensors) -> Tensors:
        given = without("task", values)
        results: Tensors = {"predictions": predict(without("parameters", values), given["student_codes"])}
        for order in ("second", "first"):
            parts = [leaves(without(name, values)) for name in ("parameters", "rates")]
            loss = outer_loss(*parts, given, second_order=order == "second")
            loss.backward()
            gradients = [{name: value.grad for name, value in part.items()} for part in parts]
            results |= prefixed(f"{order}_order.gradient", gradients[0])
            results |= prefixed(f"{order}_order.rate_gradient", gradients[1])
            results["outer_loss"] = loss.reshape(1)
            if order == "second" and loss.dtype == torch.float64:
                check_gradient(lambda p, r: outer_loss(p, r, given), parts, gradients)
        return results

    return Golden("architecture", stored, compute, {
        "seed": 13, "code": CODE, "hidden": list(HIDDEN), "inner_steps": STEPS,
        "support": "the teacher's code and accuracy", "outer_loss": "mean squared error over the students"})
