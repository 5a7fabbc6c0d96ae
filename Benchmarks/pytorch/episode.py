"""Episodes of meta-training, by the reference implementation of the tests, in both layouts of memory."""

import json

import torch

from common import Inputs, Tensors, Way, main, seconds

from predictor import Task, meta_loss


class Episodes(Way):
    layout = torch.contiguous_format

    def __init__(self, inputs: Inputs):
        super().__init__(inputs)
        accuracies = json.loads(inputs.metadata["teacher_accuracies"])
        self.episodes = int(inputs.metadata["episodes"])

        def maps(name: str) -> torch.Tensor:
            return inputs[name].permute(0, 3, 1, 2).contiguous(memory_format=self.layout)

        self.tasks = [
            Task(
                maps(f"task{number}.teacher_map"), inputs[f"task{number}.teacher_code"],
                torch.tensor([accuracy]), maps(f"task{number}.student_maps"),
                inputs[f"task{number}.student_codes"], inputs[f"task{number}.student_accuracies"])
            for number, accuracy in enumerate(accuracies)
        ]

    def start(self):
        def laid_out(value: torch.Tensor) -> torch.Tensor:
            return value.clone(memory_format=self.layout) if value.dim() == 4 else value.clone()

        parameters = {name: laid_out(value) for name, value in self.inputs.under("parameters.").items()}
        rates = {name: torch.full_like(value, 0.005) for name, value in parameters.items()}
        for value in (*parameters.values(), *rates.values()):
            value.requires_grad_()
        return parameters, rates, torch.optim.Adam([*parameters.values(), *rates.values()], lr=5e-4)

    def losses(self, episodes: int, parameters: Tensors, rates: Tensors, optimizer) -> list[torch.Tensor]:
        found = []
        for _ in range(episodes):
            optimizer.zero_grad(set_to_none=True)
            total = 0.0
            # Task by task, so that each graph is let go before the next one's is built.
            for task in self.tasks:
                loss = meta_loss(parameters, rates, [task]) / len(self.tasks)
                loss.backward()
                total = total + loss.detach()
            optimizer.step()
            found.append(total)
        return found

    def results(self) -> Tensors:
        return {"losses": torch.stack(self.losses(3, *self.start()))}

    def run(self) -> float:
        started = self.start()
        return seconds(lambda: self.losses(self.episodes, *started))


class ChannelsLast(Episodes):
    layout = torch.channels_last


if __name__ == "__main__":
    main({"contiguous": Episodes, "channels-last": ChannelsLast})
