"""The accuracy predictor f(h_s, h_a, h_t; phi), its guided adaptation, and the meta-objective."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from golden import Draws, Tensors


@dataclass(frozen=True)
class Shape:
    """The sizes of a predictor. The paper's are 256, 181, 64 and 64."""

    channels: int = 16
    code: int = 41
    embedding: int = 6
    hidden: int = 5

    def drawn(self, draws: Draws) -> Tensors:
        half, joined = self.channels // 2, 2 * self.channels + self.embedding

        def uniform(*shape: int, fan_in: int) -> torch.Tensor:
            return draws.uniform(*shape, low=-(fan_in**-0.5), high=fan_in**-0.5)

        result: Tensors = {}
        for encoder in ("func_encoder", "teacher_encoder"):
            result[f"{encoder}.conv1.weight"] = draws.normal(half, self.channels, 3, 3, deviation=0.15)
            result[f"{encoder}.conv2.weight"] = draws.normal(self.channels, half, 3, 3, deviation=0.2)
        result["arch_encoder.fc.weight"] = uniform(self.embedding, self.code, fan_in=self.code)
        result["arch_encoder.fc.bias"] = uniform(self.embedding, fan_in=self.code)
        result["proj_layers.0.weight"] = uniform(self.hidden, joined, fan_in=joined)
        result["proj_layers.0.bias"] = uniform(self.hidden, fan_in=joined)
        result["proj_layers.2.weight"] = uniform(1, self.hidden, fan_in=self.hidden)
        result["proj_layers.2.bias"] = uniform(1, fan_in=self.hidden)
        return result


@dataclass
class Task:
    """A teacher with its accuracy (the support) and students with theirs (the query)."""

    teacher_map: torch.Tensor
    teacher_code: torch.Tensor
    teacher_accuracy: torch.Tensor
    student_maps: torch.Tensor
    student_codes: torch.Tensor
    student_accuracies: torch.Tensor


def encoded(parameters: Tensors, encoder: str, maps: torch.Tensor) -> torch.Tensor:
    values = F.relu(F.conv2d(maps, parameters[f"{encoder}.conv1.weight"], stride=2, padding=1))
    values = F.relu(F.conv2d(values, parameters[f"{encoder}.conv2.weight"], stride=2, padding=1))
    return values.mean(dim=(2, 3))


def predict(parameters: Tensors, maps: torch.Tensor, codes: torch.Tensor, teacher_map: torch.Tensor) -> torch.Tensor:
    """One predicted accuracy per row of `maps` and `codes`, all for the same teacher."""
    students = encoded(parameters, "func_encoder", maps)
    teacher = encoded(parameters, "teacher_encoder", teacher_map).expand(len(maps), -1)
    architecture = F.linear(codes, parameters["arch_encoder.fc.weight"], parameters["arch_encoder.fc.bias"])
    joined = torch.cat([students, architecture, teacher], dim=1)
    hidden = torch.tanh(F.linear(joined, parameters["proj_layers.0.weight"], parameters["proj_layers.0.bias"]))
    return F.linear(hidden, parameters["proj_layers.2.weight"], parameters["proj_layers.2.bias"]).squeeze(1)


def adapt(parameters: Tensors, rates: Tensors, task: Task, steps: int = 1, second_order: bool = True) -> Tensors:
    """Inner steps on the teacher as its own student; with `second_order` the result stays differentiable in full."""
    for _ in range(steps):
        prediction = predict(parameters, task.teacher_map, task.teacher_code, task.teacher_map)
        loss = F.mse_loss(prediction, task.teacher_accuracy)
        gradients = torch.autograd.grad(loss, list(parameters.values()), create_graph=second_order)
        parameters = {
            name: value - rates[name] * gradient
            for (name, value), gradient in zip(parameters.items(), gradients, strict=True)
        }
    return parameters


def query_loss(parameters: Tensors, task: Task) -> torch.Tensor:
    prediction = predict(parameters, task.student_maps, task.student_codes, task.teacher_map)
    return F.mse_loss(prediction, task.student_accuracies)


def meta_loss(parameters: Tensors, rates: Tensors, tasks: list[Task], second_order: bool = True) -> torch.Tensor:
    """The mean of the tasks' losses after each task's own adaptation."""
    losses = [query_loss(adapt(parameters, rates, task, 1, second_order), task) for task in tasks]
    return torch.stack(losses).mean()
