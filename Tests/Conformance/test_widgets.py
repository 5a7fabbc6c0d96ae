"""Comms and ipywidgets in %%python cells, and statements of DaSS that Python runs."""

import time
from queue import Empty

import nbformat
import pytest
from jupyter_client.channels import AsyncZMQSocketChannel
from nbclient import NotebookClient

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def kernel(module_kernel):
    """One for the whole file: loading ipywidgets takes a moment."""
    module_kernel.run("%%python\nimport comm, ipywidgets\nfrom IPython.display import HTML, display as shown_like_ipython")
    return module_kernel


def python(kernel, source, **options):
    return kernel.run("%%python\n" + source, **options)


def comm_message(kernel, comm, data, kind="comm_msg", buffers=(), metadata=None, **content):
    """Sends a comm's message and returns what it causes, the statuses at both ends checked and left out."""
    message = kernel.client.session.msg(kind, {"comm_id": comm, "data": data, **content}, metadata=metadata)
    kernel.client.session.send(kernel.client.shell_channel.socket, message, buffers=list(buffers))
    busy, *caused, idle = kernel.messages_of(message["header"]["msg_id"])
    assert [m["content"].get("execution_state") for m in (busy, idle)] == ["busy", "idle"]
    return message["header"]["msg_id"], caused


def move(kernel, widget, value):
    """Moves a slider as a front end does."""
    return comm_message(kernel, widget, {"method": "update", "state": {"value": value}, "buffer_paths": []})


def listed(kernel, target=None):
    return kernel.client.comm_info(target_name=target, reply=True, timeout=10)["content"]["comms"]


def states(messages, comm):
    """What a comm's messages tell the front end of its state, in order."""
    return [m["content"]["data"].get("state") for m in messages
            if m["msg_type"] in ("comm_open", "comm_msg") and m["content"]["comm_id"] == comm]


def test_a_slider_is_shown_and_moves_both_ways(kernel):
    cell = python(kernel, "s = ipywidgets.IntSlider(value=3, max=40)\ns")
    slider = cell.result[WIDGET]["model_id"]
    assert cell.result["text/plain"] == "IntSlider(value=3, max=40)"
    opened = next(m for m in cell.messages if m["content"].get("comm_id") == slider)
    assert opened["msg_type"] == "comm_open" and opened["content"]["target_name"] == "jupyter.widget"
    assert opened["metadata"] == {"version": "2.1.0"} and opened["content"]["data"]["state"]["max"] == 40
    assert listed(kernel)[slider] == {"target_name": "jupyter.widget"}
    assert slider in listed(kernel, "jupyter.widget") and listed(kernel, "other") == {}

    python(kernel, "s.observe(lambda change: print('from', change['old'], 'to', change['new']), 'value')")
    request, caused = move(kernel, slider, 33)
    assert [m["content"]["text"] for m in caused if m["msg_type"] == "stream"] == ["from 3 to 33\n"]
    assert {m["parent_header"]["msg_id"] for m in caused} == {request}
    assert python(kernel, "s.value").text == "33"
    assert {"value": 8} in states(python(kernel, "s.value = 8").messages, slider)
    # The state is the widget's, whatever shows it.
    cell = python(kernel, "handle = shown_like_ipython('nothing yet', display_id='place')\nhandle.update(s)")
    (updated,) = cell.contents("update_display_data")
    assert updated["data"][WIDGET]["model_id"] == slider and updated["transient"] == {"display_id": "place"}
    assert move(kernel, slider, 9)[1] and python(kernel, "s.value").text == "9"

    assert "comm_close" in python(kernel, "s.close()").kinds and slider not in listed(kernel)


def test_comms_carry_bytes_both_ways(kernel):
    python(kernel, "def echo(c, opened):\n"
                   "    c.on_msg(lambda m: c.send({'sizes': [len(b) for b in m['buffers']], 'got': m['content']['data']},\n"
                   "                              metadata={'m': 1}, buffers=[bytes(m['buffers'][0])[::-1], bytearray(2)]))\n"
                   "    c.on_close(lambda m: print('closed'))\n"
                   "    c.send({'opened': opened['content']['data']})\n"
                   "comm.get_comm_manager().register_target('echo', echo)")
    _, caused = comm_message(kernel, "c-1", {"hello": [1.5, None]}, kind="comm_open", target_name="echo")
    assert [m["content"]["data"] for m in caused] == [{"opened": {"hello": [1.5, None]}}]
    assert listed(kernel, "echo") == {"c-1": {"target_name": "echo"}}
    large = bytes(range(256)) * 4000
    _, (answer,) = comm_message(kernel, "c-1", {"text": "ä🙂"}, buffers=[large, b""])
    assert answer["content"]["data"] == {"sizes": [len(large), 0], "got": {"text": "ä🙂"}} and answer["metadata"] == {"m": 1}
    assert [bytes(buffer) for buffer in answer["buffers"]] == [large[::-1], b"\0\0"]
    _, (said,) = comm_message(kernel, "c-1", {}, kind="comm_close")
    assert said["content"]["text"] == "closed\n" and listed(kernel, "echo") == {}


def test_a_comm_that_nobody_wants_is_closed(kernel):
    for target in ("nobody", ""):
        _, (closed,) = comm_message(kernel, "c-2", {}, kind="comm_open", target_name=target)
        assert closed["msg_type"] == "comm_close" and closed["content"]["comm_id"] == "c-2"
    python(kernel, "def fails(c, opened): raise ValueError('not today')\ncomm.get_comm_manager().register_target('fails', fails)")
    _, caused = comm_message(kernel, "c-3", {}, kind="comm_open", target_name="fails")
    assert [m["msg_type"] for m in caused] == ["stream", "comm_close"] and "not today" in caused[0]["content"]["text"]
    assert listed(kernel, "fails") == {} and comm_message(kernel, "c-3", {})[1] == []


def test_what_json_does_not_have_is_sent_as_jupyter_does(kernel):
    cell = python(kernel, "import datetime, numpy\nc = comm.create_comm('odd', data={'nan': float('nan'), 'n': numpy.int64(3),\n"
                          "    'x': numpy.float32(0.5), 'day': datetime.date(2026, 1, 2), 'set': {1}, 'array': numpy.arange(2)})\nc.close()")
    assert cell.contents("comm_open")[0]["data"] == {
        "nan": None, "n": 3, "x": 0.5, "day": "2026-01-02", "set": [1], "array": [0, 1]}


def test_the_front_end_restores_widgets_after_it_was_reloaded(kernel):
    slider = python(kernel, "r = ipywidgets.IntSlider(value=5)\nr").result[WIDGET]["model_id"]
    comm_message(kernel, "control", {}, kind="comm_open", target_name="jupyter.widget.control",
                 metadata={"version": "1.0.0"})
    _, (answer,) = comm_message(kernel, "control", {"method": "request_states"})
    assert answer["content"]["data"]["states"][slider]["state"]["value"] == 5
    comm_message(kernel, "control", {}, kind="comm_close")


def outputs_between(messages, output):
    """What is shown while the Output widget has the front end catch it, and the message ids that it catches."""
    caught, kinds, place = [], [], ""
    for message in messages:
        if message["msg_type"] == "comm_msg" and message["content"]["comm_id"] == output:
            place = message["content"]["data"]["state"].get("msg_id", place)
            caught += [place] if place else []
        elif place and message["msg_type"] != "comm_msg":
            kinds.append(message["msg_type"])
    return caught, kinds


def test_an_output_widget_catches_what_its_block_shows(kernel):
    cell = python(kernel, "o = ipywidgets.Output()\nwith o:\n    print('in')\n    shown_like_ipython(HTML('<b>in</b>'))\n    1 / 0\nprint('out')\no")
    assert cell.reply["status"] == "ok"
    output = cell.result[WIDGET]["model_id"]
    (request,), kinds = outputs_between(cell.messages, output)
    assert request == cell.messages[0]["parent_header"]["msg_id"]
    assert kinds == ["stream", "display_data", "error"]
    assert cell.contents("error")[0]["ename"] == "ZeroDivisionError" and cell.stream() == "in\nout\n"
    assert cell.displays[0]["text/html"] == "<b>in</b>"


def test_interact_runs_statements_and_draws(kernel):
    cell = python(kernel, "import matplotlib.pyplot as plt\n"
                          "def explore(budget):\n"
                          "    if budget == 500: dass.run('no-such-thing')\n"
                          "    dass.run(f'pool found = sample 5 from resnet where macs < {budget}M seed 3')\n"
                          "    plt.plot([1, 2])\n"
                          "    shown_like_ipython(dass.run('plot pool of found'))\n"
                          "    return dass.run('found')\n"
                          "w = ipywidgets.interactive(explore, budget=ipywidgets.IntSlider(450, 400, 600))\nw.update()\nw")
    assert cell.reply["status"] == "ok", cell.traceback
    slider, output = python(kernel, "w.children[0].model_id + ' ' + w.out.model_id").text.strip("'").split()
    request, caused = move(kernel, slider, 420)
    places, kinds = outputs_between(caused, output)
    assert places == [request] and kinds == ["clear_output", "display_data", "display_data"]
    plot, figure = [m["content"]["data"] for m in caused if m["msg_type"] == "display_data"]
    assert "image/svg+xml" in plot and "image/png" in figure
    assert "420M" in kernel.run("describe found").displays[0]["text/plain"]
    assert python(kernel, "len(w.result), bool((w.result.macs < 420e6).all())").text == "(5, True)"

    _, caused = move(kernel, slider, 500)
    assert outputs_between(caused, output)[1] == ["clear_output", "error"]
    (error,) = [m["content"] for m in caused if m["msg_type"] == "error"]
    assert error["ename"] == "DassError" and "no-such-thing" in error["evalue"]


def test_a_callback_that_fails_gives_the_session_nothing(kernel):
    kernel.run("kept = 1")
    button = python(kernel, "b = ipywidgets.Button()\nb.on_click(lambda b: (dass.run('kept = 2'), 1 / 0))\nb").result[WIDGET]["model_id"]
    _, caused = comm_message(kernel, button, {"method": "custom", "content": {"event": "click"}})
    assert [m["content"]["ename"] for m in caused if m["msg_type"] == "error"] == ["ZeroDivisionError"]
    assert kernel.run("kept").text == "1"
    python(kernel, "b.on_click(lambda b: dass.run('kept = 3'))\nb._click_handlers.callbacks.pop(0)")
    comm_message(kernel, button, {"method": "custom", "content": {"event": "click"}})
    assert kernel.run("kept").text == "3"


def test_a_callback_can_be_interrupted(kernel):
    button = python(kernel, "b = ipywidgets.Button()\nb.on_click(lambda b: dass.run('sleep 60s'))\nb").result[WIDGET]["model_id"]
    request = kernel.send("comm_msg", {"comm_id": button, "data": {"method": "custom", "content": {"event": "click"}}})
    kernel.wait_for_progress()
    start = time.monotonic()
    kernel.interrupt()
    errors = [m["content"]["ename"] for m in kernel.messages_of(request) if m["msg_type"] == "error"]
    assert errors == ["KeyboardInterrupt"] and time.monotonic() - start < 2
    assert kernel.is_responsive()


def test_messages_of_a_subshell_are_taken_while_a_cell_computes(kernel):
    slider = python(kernel, "q = ipywidgets.IntSlider()\nq.observe(lambda change: print('moved'), 'value')\nq").result[WIDGET]["model_id"]
    subshell = kernel.ask("create_subshell_request")["content"]["subshell_id"]
    cell = kernel.client.execute("sleep 1s")
    kernel.wait_for_start(cell)
    message = kernel.client.session.msg("comm_msg", {
        "comm_id": slider, "data": {"method": "update", "state": {"value": 7}, "buffer_paths": []}})
    message["header"]["subshell_id"] = subshell
    kernel.client.shell_channel.send(message)
    seen = []
    while not seen or seen[-1] != (cell, "idle"):
        m = kernel.client.get_iopub_msg(timeout=20)
        seen.append((m["parent_header"].get("msg_id"), m["content"].get("execution_state", m["msg_type"])))
    assert (message["header"]["msg_id"], "idle") in seen
    kernel.ask("delete_subshell_request", {"subshell_id": subshell})


def test_statements_of_the_session_run_in_python(kernel):
    assert python(kernel, "dass.run('pool p = sample 7 from resnet seed 3')").text == ""
    assert python(kernel, "len(dass.run('p')), dass.run('3'), dass.run('x = 4\\nx'), 'p' in dass").text == "(7, 3, 4, True)"
    assert kernel.run("x").text == "4"
    assert "pool p = sample 7" in kernel.run("describe p").displays[0]["text/plain"]
    cell = python(kernel, "dass.run('print \"said\"\\nplot pool of p')")
    assert cell.stream() == "said\n" and "image/svg+xml" in cell.result
    assert python(kernel, "figure = dass.run('plot pool of p')\nfigure.kind").text == "'figure'"
    assert "<svg" in python(kernel, "dass.run('figure f = plot pool of p')\ndass['f']").result["image/svg+xml"]


def test_a_statement_that_fails_is_an_exception_that_tells_where(kernel):
    kernel.run("kept = 1")
    cell = python(kernel, "dass.run('kept = 2\\npool p = smple 7 from resnet')")
    assert cell.reply["ename"] == "DassError" and cell.reply["evalue"] == (
        "NameError: there is no command `smple`\n 2 | pool p = smple 7 from resnet\n   |          ^^^^^ did you mean `sample`?\n"
        "  try: pool p = sample 7 from resnet")
    assert kernel.run("kept").text == "1"
    caught = "try:\n    dass.run('kept = 2\\nnothing')\nexcept dass.DassError: pass"
    assert python(kernel, caught).reply["status"] == "ok" and kernel.run("kept").text == "2"
    assert "is no statement" in python(kernel, "dass.run('%%python\\n1')").reply["evalue"]


def test_a_statement_in_python_is_interrupted(kernel):
    request = kernel.client.execute("%%python\nstarted = True\ndass.run('sleep 60s')")
    kernel.wait_for_progress()
    start = time.monotonic()
    kernel.interrupt()
    assert kernel.reply_to(request)["content"]["ename"] == "KeyboardInterrupt" and time.monotonic() - start < 2
    assert python(kernel, "started").text == "True"


def test_objects_that_show_themselves(kernel):
    cell = python(kernel, "class Own:\n    def _ipython_display_(self): print('myself')\nOwn()")
    assert cell.stream() == "myself\n" and cell.result == {} and cell.displays == []
    cell = python(kernel, "from IPython.display import Markdown, clear_output, update_display, publish_display_data\n"
                          "shown_like_ipython(Markdown('*m*'), {'text/plain': 'r'}, display_id='d')\n"
                          "update_display(3, display_id='d')\npublish_display_data({'text/plain': 'p'})\nclear_output()")
    assert [d["text/plain"] for d in cell.displays][-1] == "p" and cell.displays[0]["text/markdown"] == "*m*"
    assert cell.contents("update_display_data")[0]["data"] == {"text/plain": "3"} and "clear_output" in cell.kinds


@pytest.fixture
def patient_client(monkeypatch):
    """Clients look at their sockets again twice a second.

    nbclient's output widget sends through the socket on which the reply to the cell is awaited. What the sending takes
    notice of wakes nobody any more, so that nbclient sometimes waits without end, for ipykernel too.
    """
    once = AsyncZMQSocketChannel.get_msg

    async def again(channel, timeout=None):
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if end is None else max(0, end - time.monotonic())
            try:
                return await once(channel, 0.5 if left is None else min(0.5, left))
            except Empty:
                if left is not None and left <= 0.5:
                    raise

    monkeypatch.setattr(AsyncZMQSocketChannel, "get_msg", again)


def test_an_executed_notebook_keeps_the_state_of_its_widgets(patient_client):
    cells = [nbformat.v4.new_code_cell(c) for c in (
        "%%python\nimport ipywidgets\nipywidgets.IntSlider(value=12)",
        "%%python\no = ipywidgets.Output()\nwith o:\n    print('caught')\no")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="dass").execute()
    kept = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    slider = notebook.cells[0].outputs[0].data[WIDGET]["model_id"]
    assert kept[slider]["state"]["value"] == 12
    output = notebook.cells[1].outputs[-1].data[WIDGET]["model_id"]
    assert kept[output]["state"]["outputs"][0]["text"] == "caught\n"
