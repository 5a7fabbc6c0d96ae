"""Whether PyTorch loads a checkpoint that `export` or `save` wrote: into a module with the authors' names, strictly.

    .venv/bin/python check_checkpoint.py student.pth.tar
"""

import json
import sys

import torch
from torch import nn

import bottleneck
from networks import Architecture, forward


class Block(nn.Module):
    """The layers of a residual block; the shortcut has none."""

    def __init__(self, inputs: int, width: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride = stride

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        missing = y.shape[1] - x.shape[1]
        shortcut = nn.functional.pad(x, (0, 0, 0, 0, 0, missing)) if missing > 0 else x[:, : y.shape[1]]
        if self.stride == 2:
            shortcut = nn.functional.max_pool2d(shortcut, 2)
        return torch.relu(y + shortcut)


class ResNet(nn.Module):
    def __init__(self, architecture: Architecture, classes: int):
        super().__init__()
        self.conv1 = nn.Conv2d(3, architecture.stem, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(architecture.stem)
        stages = [[] for _ in architecture.widths]
        for stage, _, inputs, width, stride in architecture.blocks():
            stages[stage].append(Block(inputs, width, stride))
        for number, blocks in enumerate(stages):
            setattr(self, f"layer{number + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(architecture.widths[-1][-1], classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class Bottleneck(nn.Module):
    """The layers of once-for-all's block; the first one of a stage has a shortcut with layers."""

    def __init__(self, layers: list[bottleneck.Layer], shortcut: bottleneck.Layer | None, stride: int):
        super().__init__()
        for number, layer in enumerate(layers, 1):
            convolution, normalization = modules(layer)
            setattr(self, f"conv{number}", convolution)
            setattr(self, f"bn{number}", normalization)
        self.downsample = nn.Sequential(*modules(shortcut)) if shortcut else None
        self.stride = stride

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        if self.downsample:
            x = self.downsample(nn.functional.avg_pool2d(x, self.stride))
        missing = y.shape[1] - x.shape[1]
        x = nn.functional.pad(x, (0, 0, 0, 0, 0, missing)) if missing > 0 else x[:, : y.shape[1]]
        return torch.relu(y + x)


def modules(layer: bottleneck.Layer) -> tuple[nn.Module, nn.Module]:
    convolution = nn.Conv2d(
        layer.inputs, layer.outputs, layer.kernel, layer.stride, layer.kernel // 2, bias=False)
    return convolution, nn.BatchNorm2d(layer.outputs)


class OnceForAll(nn.Module):
    def __init__(self, network: bottleneck.Network, classes: int):
        super().__init__()
        for number, layer in enumerate(network.stem, 1):
            convolution, normalization = modules(layer)
            setattr(self, f"conv{number}", convolution)
            setattr(self, f"bn{number}", normalization)
        stages = [[] for _ in network.widths]
        for stage, _, layers, shortcut, stride in network.blocks():
            stages[stage].append(Bottleneck(layers, shortcut, stride))
        for number, blocks in enumerate(stages):
            setattr(self, f"layer{number + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(network.widths[-1][-1], classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x))) + x
        x = nn.functional.max_pool2d(torch.relu(self.bn3(self.conv3(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def named(architecture: str, classes: int):
    """The module of an architecture, and the pure function that it is compared with."""
    text, *kind = architecture.split(":")
    widths = tuple(tuple(map(int, stage.split("-"))) for stage in text.split("/"))
    if not kind:
        basic = Architecture(widths)
        return ResNet(basic, classes), lambda weights, images: forward(weights, basic, images, training=False)
    network = bottleneck.Network(widths, expansion=float(kind[0]), stem_width=int(kind[1]))
    return (OnceForAll(network, classes),
            lambda weights, images: bottleneck.forward(weights, network, images, training=False))


def main(path: str):
    checkpoint = torch.load(path, weights_only=True)
    module, function = named(checkpoint["architecture"], len(json.loads(checkpoint["classes"])))
    module.load_state_dict(checkpoint["state_dict"])
    module.eval()
    size = int(checkpoint["imageSize"])
    images = torch.randn(4, 3, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        logits = module(images)
        plain = {k: v for k, v in checkpoint["state_dict"].items() if not k.endswith("num_batches_tracked")}
        expected = function(plain, images).logits
    difference = float((logits - expected).abs().max())
    print(f"{checkpoint['architecture']}: loads, accuracy {checkpoint['accuracy']}, differs by {difference:.1e}")
    assert difference < 1e-4


if __name__ == "__main__":
    main(sys.argv[1])
