"""Writes the golden files of the engine's numerical tests, or checks the ones that are there.

    python generate.py            writes ../EngineTests/Goldens/*.safetensors
    python generate.py --check    compares a fresh run with those files and changes nothing
"""

import argparse
import sys
import tempfile
from pathlib import Path

import torch

from cases_adaptation import adaptation
from cases_architecture import architecture
from cases_bottleneck import bottleneck
from cases_datasets import metad2a, tans
from cases_networks import network, remapping, training
from cases_operations import convolution, losses, normalization, optimizers
from cases_predictor import meta, predictor
from cases_proxies import proxies
from golden import deviation, read

CASES = (convolution, normalization, losses, optimizers, network, remapping, predictor, meta, adaptation, architecture,
         metad2a, tans, training, proxies, bottleneck)
GOLDENS = Path(__file__).resolve().parent.parent / "EngineTests" / "Goldens"
TOLERANCE = 1e-6


def differences(fresh: Path, kept: Path) -> list[str]:
    if not kept.exists():
        return [f"{kept.name} is missing"]
    tensors, settings = read(fresh)
    kept_tensors, kept_settings = read(kept)
    # How far float32 strays depends on the machine's instructions; nothing else may.
    stable = [{key: value for key, value in part.items() if not key.startswith("float32_deviation")}
              for part in (settings, kept_settings)]
    found = [] if stable[0] == stable[1] else [f"{kept.name}: the settings differ"]
    if tensors.keys() != kept_tensors.keys():
        return found + [f"{kept.name}: other tensors: {sorted(tensors.keys() ^ kept_tensors.keys())}"]
    for name, value in tensors.items():
        if value.shape != kept_tensors[name].shape or deviation(kept_tensors[name], value) > TOLERANCE:
            found.append(f"{kept.name}: {name} differs")
    return found


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="compare with the committed files")
    check = arguments.parse_args().check
    # One thread: sums keep their order, so that a repeated run gives the same bytes.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    if check:
        with tempfile.TemporaryDirectory() as folder:
            fresh = [case().write(Path(folder)) for case in CASES]
            found = [line for path in fresh for line in differences(path, GOLDENS / path.name)]
        print("\n".join(found) or "all golden files agree")
        return 1 if found else 0
    GOLDENS.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        path = case().write(GOLDENS)
        tensors, settings = read(path)
        print(f"{path.name:28} {path.stat().st_size:7} bytes  {len(tensors):3} tensors  "
              f"float32 deviation {settings['float32_deviation']:.0e} ({settings['float32_deviation_tensor']})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
