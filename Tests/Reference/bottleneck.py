"""Once-for-all's ResNet50 (Cai et al., ICLR 2020), as pure functions of a dictionary of named tensors."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from golden import Draws, Tensors
from networks import EPSILON, MOMENTUM, STRIDES, Pass
from remapping import RULES, chosen


def rounded(width: float) -> int:
    """To a multiple of 8, not below nine tenths."""
    near = max(8, int(width + 4) // 8 * 8)
    return near + 8 if near < 0.9 * width else near


@dataclass(frozen=True)
class Layer:
    """A convolution without bias and the batch norm behind it."""

    convolution: str
    normalization: str
    inputs: int
    outputs: int
    kernel: int = 3
    stride: int = 1


@dataclass(frozen=True)
class Network:
    """The width of every block, stage by stage; the middle widths follow from the expansion."""

    widths: tuple[tuple[int, ...], ...]
    expansion: float
    stem_width: int

    @property
    def stem(self) -> list[Layer]:
        middle = rounded(self.stem_width // 2)
        sizes = [(3, middle, 2), (middle, middle, 1), (middle, self.stem_width, 1)]
        return [Layer(f"conv{number}", f"bn{number}", inputs, outputs, stride=stride)
                for number, (inputs, outputs, stride) in enumerate(sizes, 1)]

    def blocks(self):
        """Yields (stage, index, three layers, the shortcut's layer or None, stride)."""
        inputs = self.stem_width
        for stage, widths in enumerate(self.widths):
            for index, width in enumerate(widths):
                name, stride = f"layer{stage + 1}.{index}", STRIDES[stage] if index == 0 else 1
                middle = rounded(round(width * self.expansion))
                layers = [
                    Layer(f"{name}.conv1", f"{name}.bn1", inputs, middle, kernel=1),
                    Layer(f"{name}.conv2", f"{name}.bn2", middle, middle, stride=stride),
                    Layer(f"{name}.conv3", f"{name}.bn3", middle, width, kernel=1)]
                shortcut = Layer(f"{name}.downsample.0", f"{name}.downsample.1", inputs, width, kernel=1)
                yield stage, index, layers, shortcut if index == 0 else None, stride
                inputs = width

    @property
    def layers(self) -> list[Layer]:
        return self.stem + [
            layer for _, _, layers, shortcut, _ in self.blocks() for layer in layers + [shortcut] if layer]


def drawn_weights(network: Network, classes: int, draws: Draws) -> Tensors:
    weights: Tensors = {}
    for layer in network.layers:
        weights[f"{layer.convolution}.weight"] = draws.normal(
            layer.outputs, layer.inputs, layer.kernel, layer.kernel,
            deviation=(2 / (layer.outputs * layer.kernel**2)) ** 0.5)
        name = layer.normalization
        weights[f"{name}.weight"] = draws.uniform(layer.outputs, low=0.5, high=1.5)
        weights[f"{name}.bias"] = draws.normal(layer.outputs, deviation=0.2)
        weights[f"{name}.running_mean"] = draws.normal(layer.outputs, deviation=0.3)
        weights[f"{name}.running_var"] = draws.uniform(layer.outputs, low=0.5, high=2)
    last = network.widths[-1][-1]
    weights["fc.weight"] = draws.uniform(classes, last, low=-(last**-0.5), high=last**-0.5)
    weights["fc.bias"] = draws.uniform(classes, low=-(last**-0.5), high=last**-0.5)
    return weights


def forward(weights: Tensors, network: Network, images: torch.Tensor, training: bool, costs: list | None = None) -> Pass:
    """`costs` takes the multiply-adds of one image, layer by layer."""
    statistics: Tensors = {}

    def layer(values: torch.Tensor, layer: Layer) -> torch.Tensor:
        weight = weights[f"{layer.convolution}.weight"]
        values = F.conv2d(values, weight, stride=layer.stride, padding=layer.kernel // 2)
        if costs is not None:
            costs.append(weight.numel() * values.shape[2] * values.shape[3])
        name = layer.normalization
        mean, variance = (weights[f"{name}.{part}"].detach().clone() for part in ("running_mean", "running_var"))
        result = F.batch_norm(values, mean, variance, weights[f"{name}.weight"], weights[f"{name}.bias"],
                              training=training, momentum=MOMENTUM, eps=EPSILON)
        if training:
            statistics[f"{name}.running_mean"], statistics[f"{name}.running_var"] = mean, variance
        return result

    first, second, third = network.stem
    values = F.relu(layer(images, first))
    values = F.relu(layer(values, second)) + values
    values = F.max_pool2d(F.relu(layer(values, third)), 3, 2, 1)
    for _, _, layers, shortcut, stride in network.blocks():
        inner = F.relu(layer(values, layers[0]))
        inner = layer(F.relu(layer(inner, layers[1])), layers[2])
        if shortcut:
            values = layer(F.avg_pool2d(values, stride, stride), shortcut)
        width, channels = layers[2].outputs, values.shape[1]
        # Blocks of one stage may differ in width, unlike once-for-all's: as in the paper's other space.
        values = F.pad(values, (0, 0, 0, 0, 0, width - channels)) if channels < width else values[:, :width]
        values = F.relu(inner + values)
    logits = F.linear(values.mean(dim=(2, 3)), weights["fc.weight"], weights["fc.bias"])
    return Pass(logits, values, statistics)


def remap(weights: Tensors, teacher: Network, student: Network, rule: str) -> Tensors:
    channels, blocks = RULES[rule]
    result = {name: weights[name] for name in ("fc.weight", "fc.bias")}

    def take(target: Layer, source: Layer):
        weight = weights[f"{source.convolution}.weight"]
        weight = weight[chosen(weight.shape[0], target.outputs, channels)]
        result[f"{target.convolution}.weight"] = weight[:, chosen(weight.shape[1], target.inputs, channels)]
        for part in ("weight", "bias", "running_mean", "running_var"):
            values = weights[f"{source.normalization}.{part}"]
            result[f"{target.normalization}.{part}"] = values[chosen(len(values), target.outputs, channels)]

    for target, source in zip(student.stem, teacher.stem, strict=True):
        take(target, source)
    sources = {(stage, index): (layers, shortcut) for stage, index, layers, shortcut, _ in teacher.blocks()}
    for stage, index, layers, shortcut, _ in student.blocks():
        skipped = len(teacher.widths[stage]) - len(student.widths[stage]) if blocks == "last" else 0
        for target, source in zip(layers, sources[stage, index + skipped][0], strict=True):
            take(target, source)
        if shortcut:
            # Only a stage's first block has one.
            take(shortcut, sources[stage, 0][1])
    return result
