"""Golden cases of single operations: convolution, normalization and pooling, losses, optimizers."""

import torch
import torch.nn.functional as F

from golden import Draws, Golden, Tensors
from losses import VARIANTS, cosine_rates, distillation, smoothed_cross_entropy
from networks import EPSILON, MOMENTUM


def differentiable(values: Tensors, *names: str) -> list[torch.Tensor]:
    """Fresh leaves that record gradients."""
    return [values[name].detach().clone().requires_grad_() for name in names]


def convolution() -> Golden:
    draws = Draws(1)
    cases = {
        # name: (batch, in, height, width, out, kernel, stride, padding)
        "k3s1_3to5": (2, 3, 5, 7, 5, 3, 1, 1),
        "k3s2_3to5": (2, 3, 6, 8, 5, 3, 2, 1),
        "k3s2_5to3_odd": (2, 5, 7, 5, 3, 3, 2, 1),
        "k3s1_8to8": (2, 8, 5, 4, 8, 3, 1, 1),
        "k3s2_8to8": (2, 8, 6, 4, 8, 3, 2, 1),
        "k1s1_7to4": (2, 7, 3, 5, 4, 1, 1, 0),
        "k1s2_4to6": (2, 4, 4, 6, 6, 1, 2, 0),
    }
    stored: Tensors = {}
    for name, (batch, inputs, height, width, outputs, kernel, stride, padding) in cases.items():
        stored[f"{name}.input"] = draws.normal(batch, inputs, height, width)
        stored[f"{name}.weight"] = draws.normal(outputs, inputs, kernel, kernel, deviation=0.3)
        size = [(side + 2 * padding - kernel) // stride + 1 for side in (height, width)]
        stored[f"{name}.output_gradient"] = draws.normal(batch, outputs, *size)

    def compute(values: Tensors) -> Tensors:
        results: Tensors = {}
        for name, case in cases.items():
            images, weight = differentiable(values, f"{name}.input", f"{name}.weight")
            output = F.conv2d(images, weight, stride=case[6], padding=case[7])
            output.backward(values[f"{name}.output_gradient"])
            results[f"{name}.output"] = output
            results[f"{name}.input_gradient"], results[f"{name}.weight_gradient"] = images.grad, weight.grad
        return results

    keys = ("batch", "in", "height", "width", "out", "kernel", "stride", "padding")
    return Golden("convolution", stored, compute, {
        "seed": 1, "cases": {name: dict(zip(keys, case, strict=True)) for name, case in cases.items()}})


def normalization() -> Golden:
    draws = Draws(2)
    stored = {
        "batch_norm.input": draws.normal(4, 6, 5, 5, mean=0.7, deviation=1.5),
        "batch_norm.weight": draws.uniform(6, low=0.5, high=1.5),
        "batch_norm.bias": draws.normal(6, deviation=0.3),
        "batch_norm.running_mean": draws.normal(6, deviation=0.4),
        "batch_norm.running_var": draws.uniform(6, low=0.5, high=2),
        "batch_norm.output_gradient": draws.normal(4, 6, 5, 5),
        "max_pool.input": draws.normal(2, 3, 6, 8),
        "max_pool.output_gradient": draws.normal(2, 3, 3, 4),
        # Few distinct values, so that most windows hold their maximum twice.
        "max_pool_ties.input": draws.uniform(1, 2, 6, 6, high=3).floor(),
        "max_pool_ties.output_gradient": draws.normal(1, 2, 3, 3),
        "average_pool.input": draws.normal(3, 5, 4, 6),
        "average_pool.output_gradient": draws.normal(3, 5),
    }

    def compute(values: Tensors) -> Tensors:
        results: Tensors = {}
        prefix = "batch_norm"
        for mode in ("train", "eval"):
            leaves = differentiable(values, f"{prefix}.input", f"{prefix}.weight", f"{prefix}.bias")
            mean, variance = (values[f"{prefix}.running_{part}"].clone() for part in ("mean", "var"))
            output = F.batch_norm(
                leaves[0], mean, variance, leaves[1], leaves[2],
                training=mode == "train", momentum=MOMENTUM, eps=EPSILON)
            output.backward(values[f"{prefix}.output_gradient"])
            results[f"{prefix}.{mode}.output"] = output
            for part, leaf in zip(("input", "weight", "bias"), leaves, strict=True):
                results[f"{prefix}.{mode}.{part}_gradient"] = leaf.grad
            if mode == "train":
                results[f"{prefix}.train.running_mean_after"] = mean
                results[f"{prefix}.train.running_var_after"] = variance
        for name in ("max_pool", "max_pool_ties", "average_pool"):
            (images,) = differentiable(values, f"{name}.input")
            output = images.mean(dim=(2, 3)) if name == "average_pool" else F.max_pool2d(images, 2, 2)
            output.backward(values[f"{name}.output_gradient"])
            results[f"{name}.output"], results[f"{name}.input_gradient"] = output, images.grad
        return results

    return Golden("normalization", stored, compute, {
        "seed": 2, "momentum": MOMENTUM, "epsilon": EPSILON, "running_var": "unbiased (n - 1)",
        "batch_variance": "biased (n)", "pool": {"kernel": 2, "stride": 2},
        "ties": "the gradient goes to the first maximum of a window in row-major order"})


DISTILLATION_SETTINGS = {
    # The second one tells apart what alpha = 0.5 cannot: which of the two terms alpha weights.
    "t6a50": {"temperature": 6.0, "alpha": 0.5},
    "t4a30": {"temperature": 4.0, "alpha": 0.3},
}


def losses() -> Golden:
    draws = Draws(3)
    stored = {
        "logits": draws.normal(6, 5, deviation=2),
        "student_logits": draws.normal(6, 5, deviation=2),
        "teacher_logits": draws.normal(6, 5, deviation=4),
    }
    labels = draws.integers(6, below=5)

    def compute(values: Tensors) -> Tensors:
        results: Tensors = {}
        targets = torch.tensor(labels)
        for name, smoothing in (("cross_entropy", 0.0), ("smoothed", 0.1)):
            (logits,) = differentiable(values, "logits")
            loss = smoothed_cross_entropy(logits, targets, smoothing)
            loss.backward()
            same = F.cross_entropy(logits, targets, label_smoothing=smoothing)
            assert torch.allclose(loss, same), "the formula differs from PyTorch's own"
            results[f"{name}.value"], results[f"{name}.gradient"] = loss.reshape(1), logits.grad
        for name, setting in DISTILLATION_SETTINGS.items():
            for variant in VARIANTS:
                (student,) = differentiable(values, "student_logits")
                loss = distillation(student, values["teacher_logits"], targets, **setting, variant=variant)
                loss.backward()
                prefix = f"distillation.{name}.{variant}"
                results[f"{prefix}.value"], results[f"{prefix}.gradient"] = loss.reshape(1), student.grad
        return results

    return Golden("losses", stored, compute, {
        "seed": 3, "labels": labels, "smoothing": 0.1, "reduction": "mean over the batch",
        "distillation_settings": DISTILLATION_SETTINGS,
        "variants": {
            "paper_literal": "alpha * H(y, softmax(s/T)) + (1 - alpha) * soft",
            "paper": "alpha * H(y, softmax(s)) + (1 - alpha) * soft",
            "code": "alpha * H(y, softmax(s)) + (1 - alpha) * T^2 * soft",
            "soft": "- sum softmax(t/T) log softmax(s/T); the gradient is to the student's logits s"}})


OPTIMIZER_STEPS = 5


def optimizers() -> Golden:
    """A quadratic f(w) = w'Aw/2 - b'w, whose gradient Aw - b a test can work out on its own."""
    draws = Draws(4)
    factor = draws.normal(6, 6, deviation=0.5)
    stored = {"matrix": factor @ factor.T, "vector": draws.normal(6), "start": draws.normal(6)}
    sgd = {"kind": "sgd", "rate": 0.05, "momentum": 0.9, "nesterov": True, "cosine": True}
    runs = {
        "sgd": sgd | {"weight_decay": 3e-5},
        # A decay large enough to see: 3e-5 changes these parameters by about one float32 rounding.
        "sgd_decay": sgd | {"weight_decay": 0.1},
        "adam": {"kind": "adam", "rate": 5e-4, "betas": [0.9, 0.999], "epsilon": 1e-8, "cosine": False},
        "adam_fast": {"kind": "adam", "rate": 0.05, "betas": [0.9, 0.999], "epsilon": 1e-8, "cosine": True},
    }

    def compute(values: Tensors) -> Tensors:
        results: Tensors = {}
        for name, run in runs.items():
            (w,) = differentiable(values, "start")
            if run["kind"] == "sgd":
                optimizer = torch.optim.SGD(
                    [w], run["rate"], momentum=run["momentum"], nesterov=True, weight_decay=run["weight_decay"])
            else:
                optimizer = torch.optim.Adam([w], run["rate"], betas=tuple(run["betas"]), eps=run["epsilon"])
            rates = cosine_rates(run["rate"], OPTIMIZER_STEPS) if run["cosine"] else [run["rate"]] * OPTIMIZER_STEPS
            parameters, gradients = [], []
            for rate in rates:
                optimizer.param_groups[0]["lr"] = rate
                w.grad = (values["matrix"] @ w - values["vector"]).detach()
                gradients.append(w.grad.clone())
                optimizer.step()
                parameters.append(w.detach().clone())
            results[f"{name}.learning_rates"] = torch.tensor(rates, dtype=torch.float64)
            results[f"{name}.gradients"] = torch.stack(gradients)
            results[f"{name}.parameters"] = torch.stack(parameters)
        return results

    return Golden("optimizers", stored, compute, {
        "seed": 4, "steps": OPTIMIZER_STEPS, "runs": runs,
        "cosine": "lr_k = 0.5 * lr_0 * (1 + cos(pi * k / steps)), k = 0 ... steps - 1",
        "gradients": "row k is Aw - b before step k, without the weight decay; parameters: row k after step k"})
