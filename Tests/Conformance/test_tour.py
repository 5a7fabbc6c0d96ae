"""The tour from its first cell to its last, at a reduced size, through a real client."""

import pathlib

import nbformat
from nbclient import NotebookClient

NOTEBOOK = pathlib.Path(__file__).parents[2] / "notebooks" / "tour.ipynb"

REDUCED = """students_per_task = 3
unseen_students = 4
teacher_epochs = 2
student_epochs = 1
episodes = 20
pool_size = 200"""


def test_tour(tmp_path, monkeypatch):
    # A cache of its own: what is tested is the work, not yesterday's results.
    monkeypatch.setenv("DASS_CACHE", str(tmp_path / "cache"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    parameters = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    assert len(parameters) == 1
    assert [line.split(" = ")[0] for line in parameters[0].source.splitlines()] == [
        line.split(" = ")[0] for line in REDUCED.splitlines()
    ]
    parameters[0].source = REDUCED
    NotebookClient(notebook, kernel_name="dass", timeout=600).execute()
    data = [o.data for c in notebook.cells for o in c.get("outputs", []) if "data" in o]
    assert sum("image/png" in d for d in data) >= 7
    assert sum("<table" in d.get("text/html", "") for d in data) >= 2
    assert (tmp_path / "cache" / "metabase.sqlite").exists()
