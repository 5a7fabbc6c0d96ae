"""The notebooks of the paper from their first cell to their last, at the reduced size that each one carries."""

import pathlib
import re
import shutil

import nbformat
import numpy
import papermill
import pytest

FOLDER = pathlib.Path(__file__).parents[2] / "notebooks" / "paper"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 10


def reduced(path):
    return nbformat.read(path, as_version=4).metadata["dass"]["reduced"]


def executed(path, folder, parameters):
    """The code cells of a notebook after it was run in `folder`."""
    out = folder / path.name
    papermill.execute_notebook(
        path, out, parameters=parameters, kernel_name="dass", progress_bar=False, cwd=folder, execution_timeout=600)
    cells = [cell for cell in nbformat.read(out, as_version=4).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    return cells


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path, tmp_path, monkeypatch):
    monkeypatch.setenv("DASS_CACHE", str(tmp_path / "cache"))
    shutil.copy(FOLDER / "demo-world.dass", tmp_path)
    cells = executed(path, tmp_path, reduced(path))
    data = [output.data for cell in cells for output in cell.outputs if "data" in output]
    assert any("image/png" in one or "<table" in one.get("text/html", "") for one in data)


@pytest.mark.parametrize("path", [*NOTEBOOKS, FOLDER.parent / "metabase.ipynb"], ids=lambda path: path.stem)
def test_it_is_committed_as_it_was_executed(path):
    """The full run, in order and without an error, and small."""
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not any(output.output_type == "error" for cell in cells for output in cell.outputs)
    assert path.stat().st_size < 1_000_000
    assert "What came out" in "".join(cell.source for cell in notebook.cells) or path.stem in ("table-1", "teaching")


def write_images(folder, part, count, classes, channels, random):
    shape = (count, 64, 64, 3) if channels == 3 else (count, 64, 64)
    numpy.save(folder / f"{part}_images.npy", random.integers(0, 256, shape, dtype=numpy.uint8))
    numpy.save(folder / f"{part}_labels.npy", numpy.arange(count) % classes)


def write_paper_data(folder):
    """A handful of images of noise in the files and folders of the paper's sets."""
    random = numpy.random.default_rng(1)
    tiny = folder / "tiny_imagenet"
    (tiny / "10_split").mkdir(parents=True)
    write_images(tiny, "train", 120, 20, 3, random)
    for split in range(10):
        classes = numpy.array([2 * split, 2 * split + 1])
        positions = numpy.flatnonzero(numpy.isin(numpy.arange(120) % 20, classes))
        numpy.savez(
            tiny / "10_split" / f"split_{split}.npz", label_list=classes, idx_train=positions[:8],
            idx_valid=positions[8:])
    for name in ("cub", "stanford_cars", "dtd", "quickdraw", "crop_disease", "eurosat", "isic", "chestx"):
        (folder / name).mkdir()
        for part in ("train", "test"):
            write_images(folder / name, part, 6, 2, 1 if name == "quickdraw" else 3, random)


def test_table_2_on_the_papers_data(tmp_path, monkeypatch):
    """Only the parameter `world` differs, and in the file that it names the sizes."""
    monkeypatch.setenv("DASS_CACHE", str(tmp_path / "cache"))
    write_paper_data(tmp_path / "data")
    sizes = {"teacher-epochs": 1, "student-epochs": 1, "learned-from": 3, "judged-by": 4}
    world = (FOLDER / "paper-world.dass").read_text()
    for name, value in sizes.items():
        world, count = re.subn(rf"(?m)^{name} = \d+$", f"{name} = {value}", world)
        assert count == 1
    (tmp_path / "paper-world.dass").write_text(world)
    path = FOLDER / "table-2.ipynb"
    cells = executed(path, tmp_path, reduced(path) | {"world": "paper-world.dass", "seeds": [1], "episodes": 2})
    text = "\n".join(
        output.get("data", {}).get("text/plain", "") for cell in cells for output in cell.outputs)
    for task in ("cub", "stanford_cars", "dtd", "quickdraw", "eurosat"):
        assert task in text
