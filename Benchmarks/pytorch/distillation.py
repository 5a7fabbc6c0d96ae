"""A whole distillation, with the teacher asked about every batch, or its answers kept."""

import torch

from common import Inputs, Tensors, main, seconds
from training import Training, images, softened


class Asking(Training):
    def __init__(self, inputs: Inputs):
        super().__init__(inputs)
        self.train, self.test = images(inputs["train"]), images(inputs["test"])
        self.epochs = int(inputs.metadata["epochs"])

    def results(self) -> Tensors:
        with torch.inference_mode():
            return {"answers": self.teacher(self.test)}

    @torch.inference_mode()
    def answers(self, chosen: torch.Tensor, batch: torch.Tensor) -> torch.Tensor:
        return self.teacher(batch)

    def distill(self, network, optimizer):
        steps = len(self.train) // self.batch
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.epochs * steps)
        for _ in range(self.epochs):
            for chosen in torch.randperm(len(self.train)).split(self.batch):
                batch = self.train[chosen]
                loss = softened(network(batch), self.labels[chosen], self.answers(chosen, batch))
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
                schedule.step()
        network.eval()
        with torch.inference_mode():
            network(self.test).argmax(1)

    def run(self) -> float:
        started = self.start()
        return seconds(lambda: self.distill(*started))


class Keeping(Asking):
    def answers(self, chosen, batch):
        return self.known[chosen]

    def distill(self, network, optimizer):
        with torch.no_grad():
            self.known = torch.cat([self.teacher(part) for part in self.train.split(256)])
        super().distill(network, optimizer)


if __name__ == "__main__":
    main({"asking": Asking, "keeping": Keeping})
