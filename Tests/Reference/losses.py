"""The losses of teacher training and of distillation, and the cosine schedule."""

import math

import torch
import torch.nn.functional as F


def smoothed_cross_entropy(logits: torch.Tensor, labels: torch.Tensor, smoothing: float) -> torch.Tensor:
    """Mean over the batch; the target is (1 - s) one-hot + s / classes."""
    target = (1 - smoothing) * F.one_hot(labels, logits.shape[1]).to(logits.dtype) + smoothing / logits.shape[1]
    return -(target * F.log_softmax(logits, dim=1)).sum(dim=1).mean()


VARIANTS = {
    # name: (the hard term's temperature is the soft one's, the soft term is multiplied by T squared)
    "paper_literal": (True, False),
    "paper": (False, False),
    "code": (False, True),
}


def distillation(
    student: torch.Tensor, teacher: torch.Tensor, labels: torch.Tensor,
    temperature: float, alpha: float, variant: str,
) -> torch.Tensor:
    """alpha * hard + (1 - alpha) * soft, with soft = - sum p_T log p_S at the temperature, mean over the batch."""
    softened_hard_term, squared = VARIANTS[variant]
    soft = -(F.softmax(teacher / temperature, dim=1) * F.log_softmax(student / temperature, dim=1)).sum(dim=1).mean()
    hard = smoothed_cross_entropy(student / temperature if softened_hard_term else student, labels, 0)
    return alpha * hard + (1 - alpha) * soft * (temperature**2 if squared else 1)


def cosine_rates(first: float, steps: int) -> list[float]:
    """The learning rate of step k = 0, 1, ... of `steps`."""
    return [0.5 * first * (1 + math.cos(math.pi * step / steps)) for step in range(steps)]
