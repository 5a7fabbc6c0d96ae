"""Steps of training a teacher and of distilling a student."""

import torch
import torch.nn.functional as F

from common import main
from training import Training, softened


class TeacherSteps(Training):
    def loss(self, logits, batch, labels):
        return F.cross_entropy(logits, labels, label_smoothing=0.1)


class DistillationSteps(Training):
    def loss(self, logits, batch, labels):
        with torch.inference_mode():
            answers = self.teacher(batch)
        return softened(logits, labels, answers)


if __name__ == "__main__":
    main({"teacher": TeacherSteps, "distillation": DistillationSteps})
