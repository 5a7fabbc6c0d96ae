"""One golden file: drawn inputs, a function computed twice, and the settings that explain it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

Tensors = dict[str, torch.Tensor]


class Draws:
    """Seeded float32 draws, so that every stored input is exactly what the computation used."""

    def __init__(self, seed: int):
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int, mean: float = 0, deviation: float = 1) -> torch.Tensor:
        return torch.randn(shape, generator=self.generator) * deviation + mean

    def uniform(self, *shape: int, low: float = 0, high: float = 1) -> torch.Tensor:
        return torch.rand(shape, generator=self.generator) * (high - low) + low

    def integers(self, count: int, below: int) -> list[int]:
        return torch.randint(below, (count,), generator=self.generator).tolist()


@dataclass
class Golden:
    """A file to be: `stored` and `borrowed` tensors go into `compute`, the former also into the file."""

    name: str
    stored: Tensors
    compute: Callable[[Tensors], Tensors]
    settings: dict
    borrowed: Tensors = field(default_factory=dict)
    """Inputs that another golden file already holds."""

    def results(self, dtype: torch.dtype) -> Tensors:
        inputs = {name: value.to(dtype) for name, value in (self.stored | self.borrowed).items()}
        results = self.compute(inputs)
        return {name: value.detach() for name, value in results.items()}

    def write(self, folder: Path) -> Path:
        """Stores inputs and double-precision results as float32, with the error of a float32 run."""
        exact, single = self.results(torch.float64), self.results(torch.float32)
        worst, where = max((deviation(single[name], exact[name]), name) for name in exact)
        settings = self.settings | {
            "precision": "inputs are float32; results computed in float64, rounded to float32",
            "layout": "PyTorch, row-major: images and maps N,C,H,W; convolutions out,in,kh,kw; linear out,in",
            "float32_deviation": float(f"{worst:.1e}"),
            "float32_deviation_tensor": where,
        }
        tensors = {
            name: value.to(torch.float32).contiguous() for name, value in (self.stored | exact).items()
        }
        assert all(torch.isfinite(value).all() for value in tensors.values()), self.name
        assert not set(self.stored) & set(exact), "a result would overwrite an input"
        path = folder / f"{self.name}.safetensors"
        # A single metadata key: safetensors does not fix the order of several, and files should be repeatable.
        save_file(tensors, path, metadata={"settings": json.dumps(settings, sort_keys=True)})
        return path


def deviation(found: torch.Tensor, exact: torch.Tensor) -> float:
    """The largest difference of two tensors, relative to the largest exact value."""
    scale = exact.abs().max().item()
    difference = (found.double() - exact.double()).abs().max().item()
    return difference / scale if scale > 0 else difference


def read(path: Path) -> tuple[Tensors, dict]:
    """The tensors and settings of a golden file."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        return tensors, json.loads(file.metadata()["settings"])
