"""From a teacher's weights to predicted accuracies of a pool, in three ways of PyTorch.

authors       as the authors' code does it: build each student as a module, copy its slices, run it
written-well  normalizations folded once, slices as views, channels last
same-tricks   folded once; what begins alike runs once; what uses the same slice runs as a batch; convolutions of oneDNN
              with packed weights, bias, sum and rectifier fused
"""

import json
from collections import defaultdict

import torch
import torch.nn.functional as F
from torch import nn

from common import Inputs, Tensors, Way, main, seconds

import predictor as reference
from networks import EPSILON, STRIDES, Architecture, shortcut
from remapping import remap


def parsed(text: str) -> Architecture:
    return Architecture(tuple(tuple(int(width) for width in stage.split("-")) for stage in text.split("/")))


class Scoring(Way):
    # One student in so many is embedded, and the time scaled.
    every = 1

    def __init__(self, inputs: Inputs):
        super().__init__(inputs)
        self.students = [parsed(text) for text in json.loads(inputs.metadata["students"])]
        self.teacher = parsed(inputs.metadata["teacher"])
        self.weights = inputs.under("teacher.")
        self.noise = inputs["noise"].permute(0, 3, 1, 2).contiguous()
        if self.every > 1:
            self.note = f"one student in {self.every} embedded, and that part of the time scaled"

    def prepare(self):
        """What is done once for a teacher."""

    def maps(self, students: list[Architecture]) -> torch.Tensor:
        raise NotImplementedError

    def scores(self, maps: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        (teacher_map,) = self.maps([self.teacher]).split(1)
        parameters = {name: value.requires_grad_() for name, value in self.inputs.under("predictor.").items()}
        accuracy = torch.tensor([float(self.inputs.metadata["accuracy"])])
        task = reference.Task(teacher_map, self.inputs["teacher_code"], accuracy, maps, codes, accuracy)
        adapted = reference.adapt(parameters, self.inputs.under("rates."), task, second_order=False)
        with torch.no_grad():
            return torch.cat([
                reference.predict(adapted, some, code, teacher_map)
                for some, code in zip(maps.split(250), codes.split(250), strict=True)
            ])

    def results(self) -> Tensors:
        self.prepare()
        with torch.no_grad():
            maps = self.maps(self.students[:48])
        scores = self.scores(maps, self.inputs["codes"][:48])
        return {"maps": maps.permute(0, 2, 3, 1), "scores": scores}

    def run(self) -> float:
        embedded = {}

        def embed():
            with torch.no_grad():
                embedded["maps"] = self.maps(self.students[:: self.every])

        def predict():
            repeated = embedded["maps"].repeat(self.every, 1, 1, 1)[: len(self.students)]
            scores = self.scores(repeated, self.inputs["codes"])
            scores.argsort(descending=True)

        return seconds(self.prepare) + seconds(embed) * self.every + seconds(predict)


# MARK: As the authors' code does it


class Block(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int):
        super().__init__()
        self.width, self.stride = width, stride
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + shortcut(x, self.width, self.stride))


class Network(nn.Module):
    def __init__(self, architecture: Architecture, classes: int):
        super().__init__()
        self.conv1 = nn.Conv2d(3, architecture.stem, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(architecture.stem)
        stages = [[] for _ in STRIDES]
        for stage, _, inputs, width, stride in architecture.blocks():
            stages[stage].append(Block(inputs, width, stride))
        for stage, blocks in enumerate(stages):
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(architecture.widths[-1][-1], classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def map(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class Authors(Scoring):
    every = 50

    def maps(self, students):
        maps = []
        for student in students:
            network = Network(student, len(self.weights["fc.bias"]))
            network.load_state_dict(
                remap(self.weights, self.teacher, student, "copy_paste_first"), strict=False)
            maps.append(network.eval().map(self.noise))
        return torch.cat(maps)


# MARK: Written well


def folded(weights: Tensors, convolution: str, normalization: str) -> tuple[torch.Tensor, torch.Tensor]:
    factor = weights[f"{normalization}.weight"] / (weights[f"{normalization}.running_var"] + EPSILON).sqrt()
    bias = weights[f"{normalization}.bias"] - weights[f"{normalization}.running_mean"] * factor
    return weights[f"{convolution}.weight"] * factor[:, None, None, None], bias


class WrittenWell(Scoring):
    every = 15

    def prepare(self):
        self.folded = {("stem",): folded(self.weights, "conv1", "bn1")}
        for stage, index, *_ in self.teacher.blocks():
            for number in (1, 2):
                name = f"layer{stage + 1}.{index}"
                self.folded[stage, index, number] = folded(self.weights, f"{name}.conv{number}", f"{name}.bn{number}")
        self.folded = {
            place: (weight.contiguous(memory_format=torch.channels_last), bias)
            for place, (weight, bias) in self.folded.items()
        }

    def convolved(self, x, place, inputs, width, stride):
        weight, bias = self.folded[place]
        return F.conv2d(x, weight[:width, :inputs], bias[:width], stride=stride, padding=1)

    def maps(self, students):
        noise = self.noise.contiguous(memory_format=torch.channels_last)
        maps = []
        for student in students:
            x = self.convolved(noise, ("stem",), 3, student.stem, 1).relu_()
            for stage, index, inputs, width, stride in student.blocks():
                y = self.convolved(x, (stage, index, 1), inputs, width, stride).relu_()
                y = self.convolved(y, (stage, index, 2), width, width, 1)
                x = y.add_(shortcut(x, width, stride)).relu_()
            maps.append(x)
        return torch.cat(maps)


# MARK: The same tricks


class SameTricks(WrittenWell):
    every = 1
    # Students whose tree is walked at a time, which bounds the memory, and images of a batch.
    part, batch = 500, 16

    def maps(self, students):
        order = sorted(range(len(students)), key=lambda number: students[number].widths)
        maps = torch.empty(len(students), *self.mapshape(), memory_format=torch.channels_last)
        noise = self.noise.contiguous(memory_format=torch.channels_last)
        stem = self.convolved(noise, ("stem",), 3, self.teacher.stem, 1).relu_()
        for start in range(0, len(order), self.part):
            self.walk([(number, students[number]) for number in order[start : start + self.part]], stem, maps)
        return maps

    def mapshape(self):
        side = self.noise.shape[-1] // 8
        return self.teacher.widths[-1][-1], side, side

    def walk(self, part: list[tuple[int, Architecture]], stem: torch.Tensor, maps: torch.Tensor):
        """Block after block; at each, the nodes of the tree that use the same slice together."""
        nodes: list[tuple[int, tuple]] = []  # parent (-1 for the stem) and block
        leaves: dict[int, list[int]] = defaultdict(list)
        path: list[int] = []
        for number, student in part:
            blocks = list(student.blocks())
            shared = 0
            while shared < min(len(path), len(blocks)) and nodes[path[shared]][1] == blocks[shared]:
                shared += 1
            del path[shared:]
            for block in blocks[shared:]:
                nodes.append((path[-1] if path else -1, block))
                path.append(len(nodes) - 1)
            leaves[path[-1]].append(number)
        groups: dict[tuple, dict[tuple, list[int]]] = defaultdict(lambda: defaultdict(list))
        last_reader: dict[int, tuple] = {}
        for node, (parent, block) in enumerate(nodes):
            groups[block[:2]][block].append(node)
            last_reader[parent] = max(last_reader.get(parent, ()), block[:2])
        values: dict[int, torch.Tensor] = {}
        for position in sorted(groups):
            for (stage, index, inputs, width, stride), group in groups[position].items():
                first = self.packed((stage, index, 1), inputs, width, stride)
                second = self.packed((stage, index, 2), width, width, 1)
                for start in range(0, len(group), self.batch):
                    some = group[start : start + self.batch]
                    parents = [values[nodes[node][0]] if nodes[node][0] >= 0 else stem[:, :inputs] for node in some]
                    x = torch.cat(parents) if len(parents) > 1 else parents[0]
                    x = x.contiguous(memory_format=torch.channels_last)
                    y = self.fused(x, first, stride)
                    added = shortcut(x, width, stride).contiguous(memory_format=torch.channels_last)
                    y = self.fused(y, second, 1, added)
                    for node, value in zip(some, y.split(1), strict=True):
                        if node in leaves:
                            maps[leaves[node]] = value
                        # One student's last block may be another's on the way.
                        if node in last_reader:
                            values[node] = value
            for node in [node for node in values if last_reader[node] == position]:
                del values[node]

    def packed(self, place, inputs, width, stride):
        weight, bias = self.folded[place]
        weight = torch.ops.mkldnn._reorder_convolution_weight(
            weight[:width, :inputs].contiguous(), [1, 1], [stride, stride], [1, 1], 1)
        return weight, bias[:width]

    def fused(self, x, packed, stride, added=None):
        weight, bias = packed
        window = ([1, 1], [stride, stride], [1, 1], 1)
        if added is None:
            return torch.ops.mkldnn._convolution_pointwise(x, weight, bias, *window, "relu", [], "")
        return torch.ops.mkldnn._convolution_pointwise(
            x, added, weight, bias, *window, "add", 1.0, "relu", [], "")


if __name__ == "__main__":
    main({"authors": Authors, "written-well": WrittenWell, "same-tricks": SameTricks})
