"""The residual search space, as pure functions of a dictionary of named tensors."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from golden import Draws, Tensors

STRIDES = (1, 2, 2, 2)
EPSILON = 1e-5
MOMENTUM = 0.1


@dataclass(frozen=True)
class Architecture:
    """The width of every block, stage by stage; the stem is as wide as the first block."""

    widths: tuple[tuple[int, ...], ...]

    @property
    def depths(self) -> list[int]:
        return [len(stage) for stage in self.widths]

    @property
    def stem(self) -> int:
        return self.widths[0][0]

    def blocks(self):
        """Yields (stage, index, input width, width, stride) in the order of the forward pass."""
        channels = self.stem
        for stage, widths in enumerate(self.widths):
            for index, width in enumerate(widths):
                yield stage, index, channels, width, STRIDES[stage] if index == 0 else 1
                channels = width

    def described(self) -> dict:
        return {"depths": self.depths, "widths": [list(stage) for stage in self.widths]}


def drawn_weights(architecture: Architecture, classes: int, draws: Draws) -> Tensors:
    """Random weights with batch-norm statistics that are not the trivial 0 and 1."""
    weights: Tensors = {}

    def convolution(name: str, inputs: int, outputs: int):
        fan_out = outputs * 9
        weights[f"{name}.weight"] = draws.normal(outputs, inputs, 3, 3, deviation=(2 / fan_out) ** 0.5)

    def normalization(name: str, channels: int):
        weights[f"{name}.weight"] = draws.uniform(channels, low=0.5, high=1.5)
        weights[f"{name}.bias"] = draws.normal(channels, deviation=0.2)
        weights[f"{name}.running_mean"] = draws.normal(channels, deviation=0.3)
        weights[f"{name}.running_var"] = draws.uniform(channels, low=0.5, high=2)

    convolution("conv1", 3, architecture.stem)
    normalization("bn1", architecture.stem)
    for stage, index, inputs, width, _ in architecture.blocks():
        block = f"layer{stage + 1}.{index}"
        convolution(f"{block}.conv1", inputs, width)
        normalization(f"{block}.bn1", width)
        convolution(f"{block}.conv2", width, width)
        normalization(f"{block}.bn2", width)
    last = architecture.widths[-1][-1]
    bound = last**-0.5
    weights["fc.weight"] = draws.uniform(classes, last, low=-bound, high=bound)
    weights["fc.bias"] = draws.uniform(classes, low=-bound, high=bound)
    return weights


def is_statistic(name: str) -> bool:
    return name.endswith(("running_mean", "running_var"))


def parameters(weights: Tensors) -> Tensors:
    """What an optimizer changes: everything but the running statistics."""
    return {name: value for name, value in weights.items() if not is_statistic(name)}


@dataclass
class Pass:
    """A forward pass: logits, the last stage's map, and (in training) the running statistics after it."""

    logits: torch.Tensor
    map: torch.Tensor
    statistics: Tensors


def forward(
    weights: Tensors, architecture: Architecture, images: torch.Tensor, training: bool, normalizes: bool = True,
    observe: Callable[[str, torch.Tensor], None] = lambda name, value: None,
) -> Pass:
    """`observe` sees the output of every layer under the name of its weight, and what goes into every rectifier
    under `relu`."""
    statistics: Tensors = {}

    def convolution(values: torch.Tensor, name: str, stride: int = 1) -> torch.Tensor:
        result = F.conv2d(values, weights[f"{name}.weight"], stride=stride, padding=1)
        observe(f"{name}.weight", result)
        return result

    def rectified(values: torch.Tensor) -> torch.Tensor:
        observe("relu", values)
        return F.relu(values)

    def normalization(name: str, values: torch.Tensor) -> torch.Tensor:
        if not normalizes:
            return values
        mean = weights[f"{name}.running_mean"].detach().clone()
        variance = weights[f"{name}.running_var"].detach().clone()
        result = F.batch_norm(
            values, mean, variance, weights[f"{name}.weight"], weights[f"{name}.bias"],
            training=training, momentum=MOMENTUM, eps=EPSILON)
        if training:
            statistics[f"{name}.running_mean"], statistics[f"{name}.running_var"] = mean, variance
        return result

    values = rectified(normalization("bn1", convolution(images, "conv1")))
    for stage, index, _, width, stride in architecture.blocks():
        block = f"layer{stage + 1}.{index}"
        inner = rectified(normalization(f"{block}.bn1", convolution(values, f"{block}.conv1", stride)))
        inner = normalization(f"{block}.bn2", convolution(inner, f"{block}.conv2"))
        values = rectified(inner + shortcut(values, width, stride))
    logits = F.linear(values.mean(dim=(2, 3)), weights["fc.weight"], weights["fc.bias"])
    observe("fc.weight", logits)
    return Pass(logits, values, statistics)


def shortcut(values: torch.Tensor, width: int, stride: int) -> torch.Tensor:
    """Without parameters: channels padded with zeros or cut at the end, then pooled where the block strides."""
    channels = values.shape[1]
    if channels < width:
        values = F.pad(values, (0, 0, 0, 0, 0, width - channels))
    elif channels > width:
        values = values[:, :width]
    return F.max_pool2d(values, 2, 2) if stride == 2 else values
