"""The zero-cost proxies, each written from its paper's formula."""

import torch
import torch.nn.functional as F

from golden import Tensors
from networks import Architecture, forward


class Network:
    """A network with its counted weights as leaves: those of convolutions and of the head."""

    def __init__(self, architecture: Architecture, weights: Tensors):
        self.architecture = architecture
        self.weights = {name: value.detach().clone() for name, value in weights.items()}
        self.counted = [name for name, value in self.weights.items() if value.dim() > 1]
        for name in self.counted:
            self.weights[name].requires_grad_()

    def run(self, images: torch.Tensor, training: bool, **options):
        return forward(self.weights, self.architecture, images, training, **options)

    @property
    def leaves(self) -> list[torch.Tensor]:
        return [self.weights[name] for name in self.counted]


def loss_of(network: Network, images: torch.Tensor, labels: list[int], training: bool, **options) -> torch.Tensor:
    return F.cross_entropy(network.run(images, training, **options).logits, torch.tensor(labels))


def grad_norm(network, images, labels, training):
    gradients = torch.autograd.grad(loss_of(network, images, labels, training), network.leaves)
    return sum(gradient.norm() for gradient in gradients)


def snip(network, images, labels, training):
    gradients = torch.autograd.grad(loss_of(network, images, labels, training), network.leaves)
    return sum((weight * gradient).abs().sum() for weight, gradient in zip(network.leaves, gradients))


def grasp(network, images, labels, training):
    flowing = torch.autograd.grad(loss_of(network, images, labels, training), network.leaves, create_graph=True)
    inner = sum((gradient.detach() * gradient).sum() for gradient in flowing)
    products = torch.autograd.grad(inner, network.leaves)
    return -sum((weight * product).sum() for weight, product in zip(network.leaves, products))


def fisher(network, images, labels, training):
    outputs: dict[str, torch.Tensor] = {}
    loss = loss_of(
        network, images, labels, training, observe=lambda name, value: name == "relu" or outputs.setdefault(name, value))
    gradients = torch.autograd.grad(loss, list(outputs.values()))
    total = 0
    for (name, output), gradient in zip(outputs.items(), gradients):
        saliency = (output * gradient).flatten(2).sum(2) if output.dim() == 4 else output * gradient
        channel = saliency.pow(2).mean(0) / 2
        shape = network.weights[name].shape
        total = total + channel.view(-1, *[1] * (len(shape) - 1)).expand(shape).sum()
    return total


def synflow(network, images, labels, training):
    positive = Network(network.architecture, {name: value.abs() for name, value in network.weights.items()})
    ones = torch.ones_like(images[:1])
    flow = positive.run(ones, training=False, normalizes=False).logits.sum()
    gradients = torch.autograd.grad(flow, positive.leaves)
    return sum((weight * gradient).abs().sum() for weight, gradient in zip(positive.leaves, gradients)).log()


def jacob_cov(network, images, labels, training):
    images = images.detach().clone().requires_grad_()
    (jacobian,) = torch.autograd.grad(network.run(images, training).logits.sum(), images)
    values = torch.linalg.eigvalsh(torch.corrcoef(jacobian.flatten(1).double()))
    return -(torch.log(values + 1e-5) + 1 / (values + 1e-5)).sum().to(images.dtype)


def naswot(network, images, labels, training):
    kernel = 0

    def count(name, value):
        nonlocal kernel
        if name == "relu":
            code = (value.flatten(1) > 0).double()
            kernel = kernel + code @ code.T + (1 - code) @ (1 - code).T

    network.run(images, training, observe=count)
    return torch.linalg.slogdet(kernel).logabsdet.to(images.dtype)


def similarity_views(network, images, labels, training):
    output = network.run(images, training)
    loss = F.cross_entropy(output.logits, torch.tensor(labels))
    (gradient,) = torch.autograd.grad(loss, network.weights["fc.weight"])
    rows = output.map.flatten(1)
    outer = gradient.unsqueeze(2) @ gradient.unsqueeze(1)
    return F.normalize(rows @ rows.T, dim=1), F.normalize(outer, dim=2)


def diswot(network, images, labels, training, teacher_views):
    (relation, semantic), (teacher_relation, teacher_semantic) = (
        similarity_views(network, images, labels, training), teacher_views)
    classes, channels = semantic.shape[:2]
    return (-(teacher_relation - relation).pow(2).sum() / len(images) ** 2
            - (teacher_semantic - semantic).pow(2).sum() / (classes * channels))


PROXIES = (grad_norm, snip, grasp, fisher, synflow, jacob_cov, naswot)
