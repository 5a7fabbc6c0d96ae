"""Jupyter's other tools with the package in python/: nbconvert, papermill, the console, IPython, Pygments."""

import json
import os
import re
import subprocess
import sys

import nbformat
import papermill
import pexpect
import pytest
from dass_jupyter.lexer import WORDS, DassLexer
from dass_jupyter.papermill import DassTranslator
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.kernelspec import KernelSpecManager
from kernels import program
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from pygments.lexers import get_lexer_by_name
from pygments.token import Token


def notebook(*sources):
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "dass", "display_name": "DaSS", "language": "dass"}})
    for source in sources:
        notebook.cells.append(nbformat.v4.new_code_cell(source))
    return notebook


def test_the_words_of_the_package_are_those_of_the_language():
    # To be mended with: dass reference --json > python/dass_jupyter/words.json
    assert json.loads(subprocess.run([program(), "reference", "--json"], capture_output=True, check=True).stdout) == WORDS


def kinds(source):
    return [(text, kind) for kind, text in get_lexer_by_name("dass").get_tokens(source) if text.strip()]


def test_the_lexer_tells_the_kinds_of_words_apart():
    assert kinds('pool my-pool = sample 30 from resnet where macs < 400M  # "note"') == [
        ("pool", Token.Keyword.Type), ("my-pool", Token.Name.Variable), ("=", Token.Operator), ("sample", Token.Name.Builtin),
        ("30", Token.Literal.Number), ("from", Token.Keyword), ("resnet", Token.Name), ("where", Token.Keyword),
        ("macs", Token.Name), ("<", Token.Operator), ("400M", Token.Literal.Number),
        ('# "note"', Token.Comment.Single)]
    assert kinds("epochs = 8")[0] == ("epochs", Token.Name.Variable)
    assert ("'a # b'", Token.Literal.String.Single) in kinds("x = 'a # b'")
    assert ("import", Token.Keyword.Namespace) in kinds("%%python\nimport os")


def test_on_is_a_clause_before_a_name_and_a_value_elsewhere():
    for source, kind in [
        ("train tiny on d epochs 3", Token.Keyword), ("predictor f = metatrain resnet on m", Token.Keyword),
        ("fast = on", Token.Keyword.Constant), ("flags = [on, off]", Token.Keyword.Constant),
        ("print on x", Token.Keyword), ("print x on", Token.Keyword.Constant),
    ]:
        assert dict(kinds(source))["on"] == kind, source


@pytest.mark.parametrize("source", ["", "\0", '"open', "1..", "%%", "é漢🙂", "\\", "-", "a-", "\r\n\t"])
def test_the_lexer_loses_no_text(source):
    assert "".join(token[2] for token in DassLexer().get_tokens_unprocessed(source)) == source


def test_a_page_of_nbconvert_is_colored_and_holds_no_markup_of_cells():
    source = notebook('print "<script>alert(1)</script>"', "%%python\nimport math\nmath.pi")
    NotebookClient(source, kernel_name="dass", timeout=60).execute()
    assert source.metadata.language_info.pygments_lexer == "dass"
    page, _ = HTMLExporter().from_notebook_node(source)
    assert '<span class="nb">print</span>' in page and '<span class="kn">import</span>' in page
    assert "<script>alert(1)" not in page and "3.14159" in page


def test_a_page_tells_what_its_figures_show(caplog):
    """nbconvert writes no alternative text of its own; the template `dass` takes it from the output's metadata."""
    source = notebook("pool p = sample 50 from resnet seed 1\nplot pool of p")
    NotebookClient(source, kernel_name="dass", timeout=60).execute()
    (output,) = [o for o in source.cells[0].outputs if "image/png" in o.get("data", {})]
    page, _ = HTMLExporter(template_name="dass").from_notebook_node(source)
    assert f'alt="{output.data["text/plain"]}"' in page
    assert "Alternative text is missing" not in caplog.text
    del output.data["image/svg+xml"]
    page, _ = HTMLExporter(template_name="dass").from_notebook_node(source)
    assert f'alt="{output.data["text/plain"]}"' in page


def test_papermill_injects_parameters(tmp_path):
    source = notebook('epochs = 1\nname = "x"\nwidths = [1]\nfast = off\nnothing = 3', 'print epochs name widths fast nothing')
    source.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(source, tmp_path / "in.ipynb")
    result = papermill.execute_notebook(
        str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), progress_bar=False,
        parameters={"epochs": 8, "name": 'a "b" \\ \n', "widths": [1, 2.5], "fast": True, "nothing": None})
    assert result.cells[-1].outputs[0].text == '8 a "b" \\ \n [1, 2.5] on none\n'
    with pytest.raises(papermill.PapermillExecutionError):
        papermill.execute_notebook(str(tmp_path / "in.ipynb"), None, progress_bar=False, parameters={"search": 1})


def test_papermill_keeps_a_hundred_thousand_lines(tmp_path):
    """papermill#426, #477: "Timeout waiting for IOPub output", and a notebook that is cut without a word."""
    nbformat.write(notebook("%%python\nfor line in range(100_000): print(line)", "1"), tmp_path / "in.ipynb")
    result = papermill.execute_notebook(
        str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), progress_bar=False, iopub_timeout=10)
    text = "".join(output.text for output in result.cells[0].outputs)
    assert text.split() == [str(line) for line in range(100_000)]
    assert result.cells[1].outputs[0].data["text/plain"] == "1"


def test_papermill_lists_parameters():
    found = DassTranslator.inspect({"source": 'epochs = 8  # how long\nname = "a # b"\n\n# nothing'})
    assert [(p.name, p.default, p.help) for p in found] == [("epochs", "8", "how long"), ("name", '"a # b"', "")]
    for value in ({"a": 1}, float("nan")):
        with pytest.raises((NotImplementedError, ValueError)):
            DassTranslator.translate(value)


def test_the_console_shows_results_errors_and_goes_on_with_open_brackets(tmp_path):
    environment = os.environ | {"DASS_HISTORY": str(tmp_path / "history.sqlite"), "TERM": "dumb", "IPYTHONDIR": str(tmp_path)}
    console = pexpect.spawn(
        sys.executable, ["-m", "jupyter_console", "--kernel", "dass", "--simple-prompt"], env=environment,
        encoding="utf-8", timeout=40)
    console.expect_exact("In [1]:")
    console.sendline("x = 3")
    console.expect_exact("In [2]:")
    console.sendline("x")
    console.expect(r"Out\[2\]:\s*3")
    console.expect_exact("In [3]:")
    console.sendline("serach x")
    console.expect_exact("did you mean `search`?")
    console.expect_exact("In [4]:")
    console.sendeof()
    console.expect("exit")
    console.sendline("y")
    console.expect(pexpect.EOF)


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "dass_jupyter")
    yield shell
    shell.run_line_magic("unload_ext", "dass_jupyter")
    InteractiveShell.clear_instance()


def test_the_magic_runs_cells_and_exchanges_values(shell, capsys):
    shell.user_ns.update(count=5, label='say "hi"')
    result = shell.run_cell("%%dass -i count,label\npool p = sample 7 from resnet seed count\nprint label")
    assert result.success
    assert "pool p: 7 students of resnet, seed 5\nsay \"hi\"\n" in capsys.readouterr().out
    assert shell.run_cell("%dass t = 3").success and shell.run_cell("%dass t").success
    assert "3" in capsys.readouterr().out
    shell.run_cell("%%dass -o rows\n%%python\ndass['rows'] = [{'x': 1}, {'x': 2}]")
    # Rows as dicts, because this environment has no pandas.
    assert shell.user_ns["rows"] == [{"x": "1"}, {"x": "2"}]
    failed = shell.run_cell("%%dass\nserach p")
    shown = capsys.readouterr()
    assert "did you mean `search`?" in shown.out + shown.err and str(failed.error_in_exec).startswith("NameError")
    assert not shell.run_cell("%%dass -r\np").success


def test_the_extension_of_jupyterlab_is_in_its_place():
    listed = subprocess.run(
        [sys.executable, "-m", "jupyter", "labextension", "list"], capture_output=True, text=True, check=True)
    assert re.search(r"dass-highlight v[\d.]+ .*enabled.*OK", re.sub(r"\x1b\[[0-9;]*m", "", listed.stdout + listed.stderr))


def test_install_writes_what_jupyter_finds_and_check_tells_the_truth(tmp_path):
    def dass(*arguments, **environment):
        return subprocess.run([program(), "install", *arguments], capture_output=True, text=True,
                              env=os.environ | {"HOME": str(tmp_path / "home")} | environment)

    prefix = str(tmp_path / "prefix")
    assert dass("--prefix", prefix, "--check").returncode == 1
    installed = dass("--prefix", prefix, "--name", "dass-two", "--display-name", "Two", "--env", "A=b=c", "--env", "D=")
    assert installed.stdout.strip() == f"Installed in {prefix}/share/jupyter/kernels/dass-two"
    spec = KernelSpecManager(kernel_dirs=[f"{prefix}/share/jupyter/kernels"]).get_kernel_spec("dass-two")
    assert (spec.display_name, spec.language, spec.interrupt_mode) == ("Two", "dass", "message")
    assert spec.argv[0] == program() and spec.env["A"] == "b=c" and spec.env["D"] == ""
    assert {"logo-32x32.png", "logo-64x64.png", "logo-svg.svg", "kernel.json"} == set(os.listdir(spec.resource_dir))
    assert dass("--prefix", prefix, "--name", "dass-two", "--check").returncode == 0
    assert dass("--prefix", prefix, "--name", "dass-two", "--uninstall").returncode == 0
    assert not os.path.exists(spec.resource_dir)
    assert dass("--prefix", prefix, "--name", "dass-two", "--uninstall").stderr.startswith(
        f"dass: no kernel is installed in {spec.resource_dir}")
    environment = {"JUPYTER_DATA_DIR": "", "XDG_DATA_HOME": ""}
    assert f"{tmp_path}/home/.local/share/jupyter/kernels/dass" in dass("--user", **environment).stdout
    assert f"{tmp_path}/venv/share/jupyter/kernels/dass" in dass("--sys-prefix", VIRTUAL_ENV=f"{tmp_path}/venv").stdout
    assert "exclude each other" in dass("--user", "--sys-prefix").stderr
    assert dass("--name", "a b").stderr.startswith('dass: "a b" is no name for a kernel.')
    assert "KEY=VALUE" in dass("--env", "=x").stderr
