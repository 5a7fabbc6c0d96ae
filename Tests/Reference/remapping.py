"""Student weights taken from a teacher without training: the paper's g, in its variants."""

import torch

from golden import Tensors
from networks import Architecture

RULES = {
    # name: (which channels, which blocks)
    "copy_paste_first": ("first", "first"),
    "copy_paste_last": ("last", "last"),
    "copy_paste_uniform": ("uniform", "first"),
    "copy_paste_uniform_last": ("uniform", "last"),
}


def chosen(full: int, count: int, channels: str) -> torch.Tensor:
    """The teacher's channel for each of a student's `count` channels."""
    assert 0 < count <= full
    match channels:
        case "first":
            return torch.arange(count)
        case "last":
            return torch.arange(full - count, full)
        case "uniform":
            return torch.arange(count) * (full // count)
    raise ValueError(channels)


def remap(weights: Tensors, teacher: Architecture, student: Architecture, rule: str) -> Tensors:
    channels, blocks = RULES[rule]
    result: Tensors = {}

    def convolution(target: str, source: str, inputs: int, outputs: int):
        weight = weights[f"{source}.weight"]
        weight = weight[chosen(weight.shape[0], outputs, channels)]
        result[f"{target}.weight"] = weight[:, chosen(weight.shape[1], inputs, channels)]

    def normalization(target: str, source: str, width: int):
        for part in ("weight", "bias", "running_mean", "running_var"):
            values = weights[f"{source}.{part}"]
            result[f"{target}.{part}"] = values[chosen(len(values), width, channels)]

    convolution("conv1", "conv1", 3, student.stem)
    normalization("bn1", "bn1", student.stem)
    for stage, index, inputs, width, _ in student.blocks():
        skipped = teacher.depths[stage] - student.depths[stage] if blocks == "last" else 0
        target, source = f"layer{stage + 1}.{index}", f"layer{stage + 1}.{index + skipped}"
        convolution(f"{target}.conv1", f"{source}.conv1", inputs, width)
        normalization(f"{target}.bn1", f"{source}.bn1", width)
        convolution(f"{target}.conv2", f"{source}.conv2", width, width)
        normalization(f"{target}.bn2", f"{source}.bn2", width)
    result["fc.weight"], result["fc.bias"] = weights["fc.weight"], weights["fc.bias"]
    return result
