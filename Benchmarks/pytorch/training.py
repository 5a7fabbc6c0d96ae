"""Networks as modules, channels last, for the cases that train: what PyTorch's users would write."""

import json

import torch
import torch.nn.functional as F
from torch import nn

from common import Inputs, Tensors, Way, seconds

Widths = list[list[int]]


def parsed(text: str) -> Widths:
    return [[int(width) for width in stage.split("-")] for stage in text.split("/")]


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.missing, self.stride = outputs - inputs, stride

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        result = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(values)), inplace=True)))
        if self.missing > 0:
            values = F.pad(values, (0, 0, 0, 0, 0, self.missing))
        elif self.missing < 0:
            values = values[:, : self.missing]
        if self.stride == 2:
            values = F.max_pool2d(values, 2)
        return F.relu(result.add_(values), inplace=True)


class Network(nn.Module):
    def __init__(self, widths: Widths, weights: Tensors):
        super().__init__()
        channels = widths[0][0]
        self.conv1 = nn.Conv2d(3, channels, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        for stage, blocks in enumerate(widths):
            layer = []
            for index, width in enumerate(blocks):
                layer.append(Block(channels, width, 2 if index == 0 and stage > 0 else 1))
                channels = width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.fc = nn.Linear(channels, len(weights["fc.bias"]))
        left = self.load_state_dict(weights, strict=False)
        assert not left.unexpected_keys and all("num_batches" in name for name in left.missing_keys)
        self.to(memory_format=torch.channels_last)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        values = F.relu(self.bn1(self.conv1(images)), inplace=True)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            values = layer(values)
        return self.fc(values.mean((2, 3)))


def images(value: torch.Tensor) -> torch.Tensor:
    """From NHWC, which is how channels last lies in memory: no copy."""
    return value.permute(0, 3, 1, 2)


class Training(Way):
    """What the cases share."""

    def __init__(self, inputs: Inputs):
        super().__init__(inputs)
        self.batch, self.steps = int(inputs.metadata["batch"]), int(inputs.metadata["steps"])
        self.images = images(inputs["images"])
        self.labels = torch.tensor(json.loads(inputs.metadata["labels"]))
        self.teacher = Network(parsed(inputs.metadata["teacher"]), inputs.under("teacher.")).eval()

    def start(self) -> tuple[Network, torch.optim.Optimizer]:
        network = Network(parsed(self.inputs.metadata["network"]), self.inputs.under("start.")).train()
        return network, torch.optim.SGD(
            network.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=3e-5)

    def loss(self, logits: torch.Tensor, batch: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def losses(self, steps: int, network: Network, optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
        found = []
        for step in range(steps):
            part = slice(step * self.batch, (step + 1) * self.batch)
            batch = self.images[part]
            loss = self.loss(network(batch), batch, self.labels[part])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            found.append(loss.detach())
        return found

    def results(self) -> Tensors:
        return {"losses": torch.stack(self.losses(2, *self.start()))}

    def run(self) -> float:
        started = self.start()
        return seconds(lambda: self.losses(self.steps, *started))


def softened(logits: torch.Tensor, labels: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    return 0.5 * F.cross_entropy(logits, labels) + 0.5 * F.cross_entropy(logits / 6, (answers / 6).softmax(1))
