"""The metabase's report from its first cell to its last, through a real client."""

import pathlib

import nbformat
from nbclient import NotebookClient

NOTEBOOK = pathlib.Path(__file__).parents[2] / "notebooks" / "metabase.ipynb"


def test_report(tmp_path, monkeypatch):
    monkeypatch.setenv("DASS_CACHE", str(tmp_path / "cache"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, kernel_name="dass", timeout=600).execute()
    outputs = [o for c in notebook.cells for o in c.get("outputs", [])]
    data = [o.data for o in outputs if "data" in o]
    assert sum("image/png" in d for d in data) >= 7
    assert sum("<table" in d.get("text/html", "") for d in data) >= 4
    text = "".join(o.get("text", "") for o in outputs) + "".join(
        str(d.get("text/plain", "")) for d in data
    )
    assert "3 from the metabase on disk" in text
    assert "6 from the metabase on disk" in text
