"""Cells that start with %%python: what a person who knows IPython expects of them, and what they get of the session."""

import base64
import os
import re
import signal
import struct
import time

import pytest
from kernels import managed, wait_until


@pytest.fixture(scope="module")
def kernel(module_kernel):
    """One for the whole file: what cells leave behind is part of what is tested."""
    return module_kernel


def python(kernel, source, **options):
    return kernel.run("%%python\n" + source, **options)


def test_what_a_cell_defines_stays_and_its_last_expression_is_the_result(kernel):
    assert python(kernel, "a = 20\ndef twice(x):\n    return 2 * x").text == ""
    assert python(kernel, "twice(a) + 2").text == "42"
    assert python(kernel, "_ + 1").text == "43"
    assert python(kernel, "a;").text == ""
    assert python(kernel, "None").text == ""
    assert python(kernel, "").reply["status"] == "ok"


def test_results_come_in_the_forms_of_the_display_protocol(kernel):
    source = (
        "class Rich:\n"
        "    def __repr__(self): return 'plain'\n"
        "    def _repr_html_(self): return '<b>rich</b>'\n"
        "    def _repr_png_(self): return b'png', {'width': 3}\n"
        "    def _repr_latex_(self): return None\n"
        "Rich()"
    )
    assert python(kernel, source).result == {
        "text/plain": "plain", "text/html": "<b>rich</b>", "image/png": base64.b64encode(b"png").decode()}
    assert python(kernel, "Rich").text == "<class '__main__.Rich'>"
    cell = python(kernel, "class Broken:\n    def _repr_html_(self): return 1 / 0\nBroken()")
    assert "ZeroDivisionError" in cell.stream("stderr") and set(cell.result) == {"text/plain"}


def test_display_updates_and_clears(kernel):
    cell = python(kernel, "handle = display('one', display_id=True)\nhandle.update('two')\nclear_output(wait=True)")
    shown, = cell.contents("display_data")
    updated, = cell.contents("update_display_data")
    assert shown["data"]["text/plain"] == "'one'" and updated["data"]["text/plain"] == "'two'"
    assert shown["transient"] == updated["transient"] and shown["transient"]["display_id"]
    assert cell.contents("clear_output") == [{"wait": True}]


def test_text_is_streamed_in_order_and_also_from_below_python(kernel):
    cell = python(kernel, "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('ä漢🙂\\ud800')")
    assert cell.stream() == "out\nä漢🙂?\n" and cell.stream("stderr") == "err\n"
    cell = python(kernel, "import ctypes, subprocess\nctypes.CDLL(None).puts(b'from C')\nsubprocess.run(['echo', 'child'])")
    assert "from C\n" in cell.stream() and "child\n" in cell.stream()


def test_a_flood_of_lines_arrives(kernel):
    cell = python(kernel, "for line in range(20_000): print(line)")
    assert cell.stream().split() == [str(line) for line in range(20_000)]


def test_errors_are_tracebacks_of_the_cell_alone(kernel):
    cell = python(kernel, "def deep(x):\n    return 1 / x\ndeep(0)")
    assert (cell.reply["ename"], cell.reply["evalue"]) == ("ZeroDivisionError", "division by zero")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", cell.traceback)
    count = cell.reply["execution_count"]
    assert plain == (
        "Traceback (most recent call last):\n"
        f'  File "<cell {count}>", line 3, in <module>\n    deep(0)\n'
        f'  File "<cell {count}>", line 2, in deep\n    return 1 / x\n           ~~^~~\n'
        "ZeroDivisionError: division by zero")
    assert cell.contents("error")[0]["traceback"] == cell.reply["traceback"]
    assert "dass_cells" not in python(kernel, "dass['nothing']").traceback


@pytest.mark.parametrize("source, name", [
    ("x = = 3", "SyntaxError"), ("raise SystemExit(3)", "SystemExit"), ("exit()", "SystemExit"),
    ("def f(): return f()\nf()", "RecursionError"), ("'\\0' + '", "SyntaxError"), ("\0", "ValueError|SyntaxError"),
    ("raise KeyboardInterrupt", "KeyboardInterrupt"), ("(" * 500, "SyntaxError|MemoryError|RecursionError"),
    ("class E(Exception):\n    def __str__(self): 1 / 0\nraise E", "E"),
    ("import dass_cells_that_are_not_there", "ModuleNotFoundError"),
    ("class B:\n    def __repr__(self): raise ValueError('no')\nB()", "ValueError"),
])
def test_what_fails_leaves_the_kernel_as_it_was(kernel, source, name):
    cell = python(kernel, source)
    assert re.fullmatch(name, cell.reply["ename"])
    assert python(kernel, "1 + 1").text == "2"


def test_the_session_is_there_as_frames_and_plain_values(kernel):
    kernel.run('epochs = 8\nshare = 5%\nlimit = 400M\nname-of-it = "ä"\nwidths = 1..4\npool p = sample 7 from resnet seed 3')
    assert python(kernel, "epochs, share, limit, name_of_it, list(widths)").text == (
        "(8, 0.05, 400000000, 'ä', [1, 2, 3, 4])")
    cell = python(kernel, "p")
    assert "<table" in cell.result["text/html"] and "macs" in cell.text
    assert python(kernel, "len(p), list(p.columns)").text == "(7, ['student', 'macs', 'params', 'depth'])"
    assert python(kernel, "'p' in dass, sorted(dass.tables)").text == "(True, ['p'])"
    assert python(kernel, "dass['resnet'].kind").text == "'space'"
    # Built-in names are no variables: `random` is a module of Python's.
    assert python(kernel, "import random; random.seed(1)").reply["status"] == "ok"


def test_variables_follow_the_session_until_python_binds_them(kernel):
    kernel.run("rate = 3")
    assert python(kernel, "rate").text == "3"
    kernel.run("rate = 4")
    assert python(kernel, "rate").text == "4"
    assert python(kernel, "rate = 'mine'\nrate").text == "'mine'"
    kernel.run("rate = 5")
    assert python(kernel, "rate, dass['rate']").text == "('mine', 5)"
    assert python(kernel, "del rate").reply["status"] == "ok"
    assert python(kernel, "rate").text == "5"
    kernel.run("forget rate")
    assert python(kernel, "rate").reply["ename"] == "NameError"


def test_python_gives_the_session_values_and_tables(kernel):
    cell = python(kernel, "import pandas\ndass['steps'] = 12\ndass.set('note', 'say \"hi\"')\n"
                          "dass['winners'] = pandas.DataFrame({'student': ['a', 'b'], 'score': [0.5, None]})\n"
                          "dass['small'] = [{'x': 1, 'y': True}, {'x': 2}]\ndass['grid'] = {'x': [1, 2]}")
    assert cell.reply["status"] == "ok"
    assert kernel.run("steps").text == "12" and kernel.run("note").text == '"say \\"hi\\""'
    assert kernel.run("winners").text == "student   score\n───────  ──────\na        0.5000\nb             –"
    assert "steps = 12" in kernel.run("describe steps").displays[0]["text/plain"]
    assert "dass['winners'] = pandas" in kernel.run("describe winners").displays[0]["text/plain"]
    assert "data frames" in python(kernel, "dass.__doc__").text


@pytest.mark.parametrize("statement, message", [
    ("dass['search'] = 3", "`search` is a command and cannot be a name"),
    ("dass['on'] = 3", "`on` has a meaning of its own and cannot be a name"),
    ("dass['a b'] = 3", "`a b` cannot be a name; names hold letters, digits, `_`, and `-` between"),
    ("dass['x'] = 1 << 60", "the number is too large"),
    ("dass['x'] = {1, 2}", "the session takes numbers, texts, lists and tables, not set"),
    ("dass['x'] = {'a': [1], 'b': [1, 2]}", "the columns of a table have the same length"),
    ("dass['x'] = float('nan')", "Out of range float values are not JSON compliant"),
])
def test_what_the_session_cannot_hold_is_refused(kernel, statement, message):
    assert python(kernel, statement).reply["evalue"].startswith(message)


def test_things_are_arrays(kernel):
    kernel.run("space tiny = vary resnet widths 8, 8, 16, 16 depth 2 students 1..2 size 16\n"
               "dataset d = digits size 16\nteacher t = train tiny on d epochs 1\npool few = sample 3 from tiny\nstudent s = few[1]")
    cell = python(kernel, "a = d.arrays\n{name: (v.dtype.str, v.shape) for name, v in a.items()}, len(a['class_names'])")
    count = int(re.search(r"\(([0-9]+), 16, 16, 1\)", cell.text)[1])
    assert f"'train_images': ('|u1', ({count}, 16, 16, 1)), 'train_labels': ('<i8', ({count},))" in re.sub(r"\s+", " ", cell.text)
    assert python(kernel, "a['train_images'].flags.writeable, set(a['train_labels'].tolist()) == set(range(len(a['class_names'])))").text == "(True, True)"
    assert python(kernel, "w = t.arrays\nw['conv1.weight'].shape, w['conv1.weight'].dtype.str").text == "((8, 3, 3, 3), '<f4')"
    assert python(kernel, "c = dass.arrays('few')['codes']\nc.shape[0], bool((c[0] == dass.arrays('s')['code']).all())").text == "(3, True)"
    assert python(kernel, "dass.arrays('nothing')").reply["ename"] == "KeyError"
    assert python(kernel, "dass.arrays('tiny')").text == "{}"


def test_without_pandas_tables_are_dicts_of_arrays(kernel):
    kernel.run("pool plain = sample 3 from resnet seed 1")
    hide = "import sys\nhidden, sys.modules['pandas'] = sys.modules.get('pandas'), None\n"
    show = "\nsys.modules['pandas'] = hidden\nif hidden is None: del sys.modules['pandas']"
    cell = python(kernel, hide + "q = dass['plain']\nfound = {n: (type(v).__name__, v.dtype.kind, len(v)) for n, v in q.items()}"
                                 "\ndass['back'] = {'student': q['student'], 'macs': q['macs'] / 2}" + show)
    assert cell.reply["status"] == "ok"
    assert python(kernel, "found").text == (
        "{'student': ('ndarray', 'U', 3),\n 'macs': ('ndarray', 'i', 3),\n 'params': ('ndarray', 'i', 3),\n"
        " 'depth': ('ndarray', 'i', 3)}")
    assert kernel.run("back").text.count("\n") == 4
    without_numpy = hide + "kept, sys.modules['numpy'] = sys.modules.get('numpy'), None\nq = dass['plain']\nsys.modules['numpy'] = kept"
    assert python(kernel, without_numpy + show + "\ntype(q['macs']).__name__").text == "'list'"


def test_a_failed_cell_gives_the_session_nothing(kernel):
    kernel.run("kept = 1")
    assert python(kernel, "dass['kept'] = 2\nraise ValueError").reply["status"] == "error"
    assert kernel.run("kept").text == "1"


def test_figures_show_themselves_once_and_sharp(kernel):
    cell = python(kernel, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('one')\nplt.figure()\nNone")
    assert len(cell.displays) == 2
    message = cell.contents("display_data")[0]
    png = base64.b64decode(message["data"]["image/png"])
    width, height = struct.unpack(">II", png[16:24])
    assert message["metadata"]["image/png"] == {"width": width // 2, "height": height // 2}
    assert message["data"]["text/plain"] == "<Figure size 640x480 with 1 Axes>"
    cell = python(kernel, "figure, axes = plt.subplots()\nfigure")
    assert cell.displays == [] and "image/png" in cell.result
    cell = python(kernel, "plt.plot([3])\nplt.show()\nprint('after')")
    assert [m["msg_type"] for m in cell.messages if m["msg_type"] in ("stream", "display_data")] == [
        "display_data", "stream"]
    assert python(kernel, "plt.plot([3])\n1 / 0").displays == []
    assert python(kernel, "None").displays == []


def test_input_is_asked_for_and_refused_where_there_is_none(kernel):
    source = "%%python\nimport getpass\ninput('Which? '), getpass.getpass('Key: ')"
    request = kernel.client.execute(source, allow_stdin=True)
    for prompt, hidden, answer in (("Which? ", False, "cars"), ("Key: ", True, "secret")):
        assert kernel.client.get_stdin_msg(timeout=10)["content"] == {"prompt": prompt, "password": hidden}
        kernel.client.input(answer)
    assert kernel.finish(request).text == "('cars', 'secret')"
    assert python(kernel, "input()", allow_stdin=False).reply["evalue"] == "this front end does not take input"


@pytest.mark.parametrize("source", [
    "while True: pass",
    "import time\ntime.sleep(60)",
    "import threading\nthreading.Event().wait(60)",
    "import asyncio\nasyncio.run(asyncio.sleep(60))",
    "input('wait')",
    "import subprocess\nsubprocess.run(['sleep', '60'])",
])
def test_an_interrupt_stops_python_at_once_and_keeps_its_state(kernel, source):
    python(kernel, "kept = 'here'")
    request = kernel.client.execute("%%python\n" + source, allow_stdin=True)
    if source.startswith("input"):
        kernel.client.get_stdin_msg(timeout=10)
    time.sleep(0.4)
    start = time.monotonic()
    kernel.interrupt()
    assert kernel.reply_to(request)["content"]["ename"] == "KeyboardInterrupt"
    assert time.monotonic() - start < 1
    assert python(kernel, "kept").text == "'here'"


def test_python_that_does_not_stop_is_given_up_and_can_be_waited_for(kernel):
    source = "import time\nend = time.time() + 3.5\nwhile time.time() < end:\n    try: time.sleep(0.05)\n    except BaseException: pass"
    request = kernel.client.execute("%%python\n" + source)
    time.sleep(0.3)
    kernel.interrupt()
    assert kernel.reply_to(request)["content"]["evalue"] == "Python has not stopped yet"
    assert kernel.run("3").text == "3"
    assert python(kernel, "kept").text == "'here'"


def test_the_editor_is_helped_while_a_cell_runs(kernel):
    python(kernel, "import time\nlonely_name = {'some key': 1}\nclass K:\n    value = property(lambda self: 1 / 0)\nk = K()")
    request = kernel.client.execute("%%python\ntime.sleep(1.5)")
    for code, expected in [
        ("lonely_n", ["lonely_name"]), ("k.val", ["value"]), ("lonely_name['so", ["some key"]),
        ("import json.dec", []), ("from asynci", ["asyncio"]), ("wh", ["while"]), ("epo", ["epochs"]),
    ]:
        code = "%%python\n# ä🙂\n" + code
        reply = kernel.ask("complete_request", {"code": code, "cursor_pos": len(code)}, channel="shell")["content"]
        assert reply["matches"] == expected
        typed = code[reply["cursor_start"]:reply["cursor_end"]]
        assert all(match.startswith(typed) for match in expected)
    code = "%%python\ntime.sleep("
    assert "sleep(seconds)" in kernel.ask(
        "inspect_request", {"code": code, "cursor_pos": len(code)}, channel="shell")["content"]["data"]["text/plain"]
    assert kernel.reply_to(request)["content"]["status"] == "ok"


@pytest.mark.parametrize("body, status, indent", [
    ("", "incomplete", ""), ("x = 1", "complete", None), ("for x in y:", "incomplete", "    "),
    ("for x in y:\n    print(x)", "incomplete", "    "), ("for x in y:\n    print(x)\n", "complete", None),
    ("x = = 1", "invalid", None), ("f(1,", "incomplete", ""),
])
def test_completeness_is_that_of_python(kernel, body, status, indent):
    reply = kernel.is_complete("%%python\n" + body)
    assert (reply["status"], reply.get("indent")) == (status, indent)


def test_an_unknown_language_and_options_are_told(kernel):
    assert kernel.run("%%pyton\n1").reply["evalue"] == "there is no language `pyton`"
    assert kernel.run("%%python fast\n1").reply["evalue"] == "nothing can follow `%%python` on its line"


def test_signals_stay_with_the_kernel(kernel):
    python(kernel, "import signal\nsignal.signal(signal.SIGINT, signal.SIG_DFL)")
    os.kill(kernel.process_id, signal.SIGINT)
    assert python(kernel, "1 + 1").text == "2"


@pytest.mark.parametrize("crash, told", [
    ("import ctypes\nctypes.string_at(0)", 'Fatal Python error: Segmentation fault, in File "<cell 4>", line 2 in <module>'),
    ("import os\nos._exit(3)", None),
])
def test_a_crash_is_told_about_and_recover_makes_the_session_again(crash, told, tmp_path, monkeypatch):
    monkeypatch.setenv("DASS_HISTORY", str(tmp_path / "history.sqlite"))
    with managed() as kernel:
        kernel.run("epochs = 8\npool p = sample 7 from resnet seed 3")
        python(kernel, "dass['made'] = [{'x': 1}]\nkept = 1")
        python(kernel, "kept")
        kernel.client.execute("%%python\n" + crash)
        assert wait_until(lambda: not kernel.manager.is_alive())
        # At once, as servers do: a request to end, sent to the dead kernel, would reach the one at its address.
        kernel.manager.restart_kernel(now=True)
        kernel.client.wait_for_ready(timeout=30)
        cell = kernel.run("epochs")
        assert cell.reply["status"] == "error"
        notice = cell.stream("stderr")
        assert "The kernel ended in the %%python cell [4], and its session with it:" in notice
        assert crash.split("\n")[1] in notice
        assert told is None or told in notice
        assert "`recover` makes 2 names again" in notice and "Made in Python, and gone: made." in notice
        history = kernel.client.history(hist_access_type="tail", n=2, reply=True, timeout=10)["content"]["history"]
        assert [entry[2] for entry in history] == ["%%python\n" + crash, "epochs"]
        cell = kernel.run("recover")
        assert "pool p: 7 students of resnet, seed 3" in cell.stream()
        assert kernel.run("epochs").text == "8" and "kernel ended" not in cell.stream("stderr")
        kernel.manager.restart_kernel()
        kernel.client.wait_for_ready(timeout=30)
        assert kernel.run("recover").reply["evalue"] == "there is nothing to recover"
