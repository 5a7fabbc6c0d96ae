"""The eight zero-cost proxies of some students, with weights and images channels last."""

import json

import torch

from common import Inputs, Tensors, Way, main, seconds

from networks import Architecture
from remapping import remap
from zero_cost import PROXIES, Network, diswot, similarity_views


def parsed(text: str) -> Architecture:
    return Architecture(tuple(tuple(int(width) for width in stage.split("-")) for stage in text.split("/")))


def channels_last(value: torch.Tensor) -> torch.Tensor:
    return value.contiguous(memory_format=torch.channels_last) if value.dim() == 4 else value


class Proxies(Way):
    def __init__(self, inputs: Inputs):
        super().__init__(inputs)
        self.teacher = parsed(inputs.metadata["teacher"])
        self.students = [parsed(text) for text in json.loads(inputs.metadata["students"])]
        self.labels = json.loads(inputs.metadata["labels"])
        self.images = channels_last(inputs["images"].permute(0, 3, 1, 2))
        self.weights = inputs.under("teacher.")

    def network(self, architecture: Architecture) -> Network:
        weights = remap(self.weights, self.teacher, architecture, "copy_paste_first")
        return Network(architecture, {name: channels_last(value) for name, value in weights.items()})

    def results(self) -> Tensors:
        found: Tensors = {}
        for proxy in PROXIES:
            scores = [proxy(self.network(student), self.images, self.labels, True) for student in self.students]
            found[proxy.__name__] = torch.stack(scores).detach()
        views = similarity_views(self.network(self.teacher), self.images, self.labels, True)
        scores = [diswot(self.network(each), self.images, self.labels, True, views) for each in self.students]
        return found | {"diswot": torch.stack(scores).detach()}

    def run(self) -> float:
        return seconds(self.results)


if __name__ == "__main__":
    main({"channels-last": Proxies})
