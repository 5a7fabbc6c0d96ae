"""Whether PyTorch loads a checkpoint that `export` or `save` wrote: into a module with the authors' names, strictly.

    .venv/bin/python check_checkpoint.py student.pth.tar
"""

import json
import sys

import torch
from torch import nn

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


def main(path: str):
    checkpoint = torch.load(path, weights_only=True)
    widths = [tuple(map(int, stage.split("-"))) for stage in checkpoint["architecture"].split("/")]
    architecture = Architecture(tuple(widths))
    module = ResNet(architecture, len(json.loads(checkpoint["classes"])))
    module.load_state_dict(checkpoint["state_dict"])
    module.eval()
    size = int(checkpoint["imageSize"])
    images = torch.randn(4, 3, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        logits = module(images)
        plain = {k: v for k, v in checkpoint["state_dict"].items() if not k.endswith("num_batches_tracked")}
        expected = forward(plain, architecture, images, training=False).logits
    difference = float((logits - expected).abs().max())
    print(f"{checkpoint['architecture']}: loads, accuracy {checkpoint['accuracy']}, differs by {difference:.1e}")
    assert difference < 1e-4


if __name__ == "__main__":
    main(sys.argv[1])
