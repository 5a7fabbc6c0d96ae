"""The notebooks of the paper from their first cell to their last, at the reduced size that each one carries."""

import pathlib

import nbformat
import papermill
import pytest

NOTEBOOKS = sorted((pathlib.Path(__file__).parents[2] / "notebooks" / "paper").glob("*.ipynb"))


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 10


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path, tmp_path, monkeypatch):
    monkeypatch.setenv("DASS_CACHE", str(tmp_path / "cache"))
    reduced = nbformat.read(path, as_version=4).metadata["dass"]["reduced"]
    out = tmp_path / path.name
    papermill.execute_notebook(
        path, out, parameters=reduced, kernel_name="dass", progress_bar=False, cwd=tmp_path, execution_timeout=600)
    cells = [cell for cell in nbformat.read(out, as_version=4).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    data = [output.data for cell in cells for output in cell.outputs if "data" in output]
    assert any("image/png" in one or "<table" in one.get("text/html", "") for one in data)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_as_it_was_executed(path):
    """The full run, in order and without an error, and small."""
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not any(output.output_type == "error" for cell in cells for output in cell.outputs)
    assert path.stat().st_size < 1_000_000
    assert "What came out" in "".join(cell.source for cell in notebook.cells) or path.stem in ("table-1", "teaching")
