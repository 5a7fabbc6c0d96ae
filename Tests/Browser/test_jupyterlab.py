"""The kernel as a person meets it in JupyterLab, in a real browser. `DASS_SCREENSHOTS` names a folder for pictures."""

import os
import pathlib
import time

import nbformat
import pytest
from lab_in_browser import SETTINGS, chromium, jupyterlab, open_notebook
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

CELLS = [
    '# A pool of students, and one of them\nepochs = 8\npool p = sample 2000 from resnet where macs < 400M seed 7\np',
    "plot pool of p",
    "%%python\nimport matplotlib.pyplot as plt\n# The same pool, as a data frame\np.plot.scatter('params', 'macs')\np.head(3)",
    "%%python\ndass['evil'] = [{'name': '<script>window.hacked = 1</script>', 'x': epochs}]",
    "evil",
    "sleep 2s",
]

CELL = "const cells = jupyterapp.shell.currentWidget.content.widgets;"

# How far the name of an error stands out from its ground (WCAG 2, "contrast ratio").
CONTRAST = CELL + """
const over = (ground, color) => {
  const [r, g, b, alpha = 1] = color.match(/[\\d.]+/g).map(Number);
  return [r, g, b].map((value, place) => alpha * value + (1 - alpha) * ground[place]);
};
const light = color => {
  const [r, g, b] = color.map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const found = [...cells[arguments[0]].outputArea.node.querySelectorAll('pre *')].find(e => e.textContent.startsWith(arguments[1]));
const around = [];
for (let element = found; element; element = element.parentElement) around.unshift(getComputedStyle(element).backgroundColor);
const ground = around.reduce(over, [255, 255, 255]);
const [a, b] = [over(ground, getComputedStyle(found).color), ground].map(light);
return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    (folder / "notebooks").mkdir()
    kernel = {"kernelspec": {"name": "dass", "display_name": "DaSS", "language": "dass"}}
    notebook = nbformat.v4.new_notebook(metadata=kernel, cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    nbformat.write(notebook, folder / "notebooks" / "work.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        # The user's history is none of the test's business.
        patch.setenv("DASS_HISTORY", str(folder / "history.sqlite"))
        with jupyterlab(folder, SETTINGS) as address, chromium(folder) as browser:
            open_notebook(browser, address, "work.ipynb")
            yield Lab(browser)


class Lab:
    def __init__(self, browser):
        self.browser = browser

    def wait(self, condition, seconds=20):
        try:
            return WebDriverWait(self.browser, seconds, poll_frequency=0.05).until(lambda b: b.execute_script(condition))
        except TimeoutException:
            self.picture("failed")
            raise

    def run(self, command):
        self.browser.execute_script(f"jupyterapp.commands.execute('{command}')")

    def wait_for_rest(self, count):
        """Until this many cells have run and the kernel rests."""
        self.wait(CELL + f"return cells.filter(c => c.model.executionCount).length >= {count}"
                         " && cells.every(c => !/\\*/.test(c.promptNode?.textContent ?? ''))"
                         " && jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'")

    def outputs(self, index):
        return self.browser.execute_script(CELL + f"return cells[{index}].model.outputs.toJSON()")

    def add_cell(self, source=""):
        """A new last cell with the cursor at the end of its text; returns its index."""
        index = self.browser.execute_script(
            CELL + "const n = jupyterapp.shell.currentWidget.content; n.activeCellIndex = cells.length - 1;"
            "jupyterapp.commands.execute('notebook:insert-cell-below'); return n.widgets.length - 1")
        self.wait(CELL + f"const n = jupyterapp.shell.currentWidget.content; n.activeCellIndex = {index};"
                         f"n.mode = 'edit'; return n.activeCell.editor?.hasFocus()")
        if source:
            self.type(source)
        return index

    def type(self, *keys):
        ActionChains(self.browser).send_keys(*keys).perform()

    @property
    def cell_count(self):
        return self.browser.execute_script(CELL + "return cells.length")

    def theme(self, name):
        self.browser.execute_script("jupyterapp.commands.execute('apputils:change-theme', {theme: arguments[0]})", name)
        self.wait(f"return document.body.dataset.jpThemeName === '{name}'")
        time.sleep(0.5)

    def set_source(self, index, source):
        """Without the editor's help, which indents and closes brackets."""
        self.browser.execute_script(
            CELL + "cells[arguments[0]].model.sharedModel.setSource(arguments[1])", index, source)

    def text(self, index):
        return self.browser.execute_script(CELL + f"return cells[{index}].model.sharedModel.getSource()")

    def picture(self, name):
        if folder := os.environ.get("DASS_SCREENSHOTS"):
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            self.browser.save_screenshot(f"{folder}/{name}.png")

    def scroll_to(self, index):
        self.browser.execute_script(CELL + f"cells[{index}].node.scrollIntoView()")
        time.sleep(0.3)


def test_run_all_shows_tables_plots_and_progress(lab):
    lab.run("notebook:run-all-cells")
    lab.wait("return document.querySelector('.jp-OutputArea progress')?.value > 0")
    lab.scroll_to(5)
    lab.picture("progress")
    lab.wait_for_rest(len(CELLS))
    assert lab.outputs(5)[0]["data"]["text/plain"].startswith("waiting: done in 2.")
    assert not [o for i in range(len(CELLS)) for o in lab.outputs(i) if o["output_type"] == "error"]
    images = lab.browser.execute_script(
        "return [...document.querySelectorAll('.jp-OutputArea img')].map(i =>"
        " [i.closest('[data-mime-type]').dataset.mimeType, i.naturalWidth, i.clientWidth])")
    # Sharp: drawn by the page, or two pixels of the picture to one of the page.
    (plot, *_), (figure, natural, shown) = images
    assert plot == "image/svg+xml" and figure == "image/png" and natural >= 2 * shown - 2
    for index, name in ((0, "pool"), (1, "plot"), (2, "python"), (3, "table")):
        lab.scroll_to(index)
        lab.picture(name)


def test_markup_in_a_cell_of_a_table_is_text(lab):
    shown = lab.browser.execute_script(CELL + "return cells[4].outputArea.node.textContent")
    assert "<script>window.hacked = 1</script>" in shown
    assert lab.browser.execute_script("return window.hacked === undefined")


def test_words_are_colored_by_their_kind(lab):
    styles = lab.browser.execute_script(
        CELL + "const seen = {}; for (const index of [0, 2]) for (const span of"
        " cells[index].node.querySelectorAll('.cm-line span')) { const style = getComputedStyle(span);"
        " seen[span.textContent] = [style.color, style.fontWeight, style.fontStyle].join(' '); } return seen")
    kinds = [styles[word] for word in ("# A pool of students, and one of them", "pool", "sample", "where")]
    assert len(set(kinds)) == 4
    assert styles["from"] == styles["where"] == styles["import"]
    assert {"400M", "'params'", "%%python"} <= set(styles)


def test_on_is_colored_by_its_place(lab):
    def color(index, word):
        return lab.wait(
            CELL + f"const span = [...cells[{index}].node.querySelectorAll('.cm-line span')].find(s => s.textContent === '{word}');"
            " return span && getComputedStyle(span).color + getComputedStyle(span).fontWeight")

    clause = color(0, "from")
    assert color(lab.add_cell("train tiny on d"), "on") == clause
    assert color(lab.add_cell("fast = on"), "on") != clause


def test_tab_completes_and_lists(lab):
    for typed, completed in (("metat", "metatrain"), ("%%python\np.colu", "%%python\np.columns")):
        index = lab.add_cell(typed)
        # The only proposal is taken at once; where the page adds one of its own, another Tab takes the first.
        for _ in range(5):
            lab.type(Keys.TAB)
            time.sleep(0.5)
            if lab.text(index) == completed:
                break
        assert lab.text(index) == completed
    lab.add_cell("p")
    lab.type(Keys.TAB)
    lab.wait("return document.querySelectorAll('.jp-Completer-item').length > 3")
    lab.picture("completion")
    lab.type(Keys.ESCAPE)


def test_shift_tab_explains(lab):
    lab.add_cell("sample ")
    ActionChains(lab.browser).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
    lab.wait("return /Draws students/.test(document.querySelector('.jp-Tooltip')?.textContent)")
    lab.picture("tooltip")
    lab.type(Keys.ESCAPE)


@pytest.mark.parametrize("source, name", [("sleep 60s", "Interrupted"), ("%%python\nwhile True: pass", "KeyboardInterrupt")])
def test_the_interrupt_button_stops_a_cell(lab, source, name):
    index = lab.add_cell(source)
    lab.run("notebook:run-cell")
    lab.wait("return jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'")
    time.sleep(0.5)
    lab.run("notebook:interrupt-kernel")
    lab.wait(CELL + f"return cells[{index}].model.outputs.toJSON().some(o => o.ename === '{name}')", seconds=5)
    lab.scroll_to(index)
    lab.picture("interrupt-" + name)
    assert lab.browser.execute_script(CONTRAST, index, name) >= 4.5


def test_errors_stand_out_in_the_dark_theme_too(lab):
    lab.theme("JupyterLab Dark")
    failed = [index for index in range(lab.cell_count) for output in lab.outputs(index) if output["output_type"] == "error"]
    assert len(failed) == 2
    for index in failed:
        name = lab.outputs(index)[-1]["ename"]
        lab.scroll_to(index)
        lab.picture("dark-" + name)
        assert lab.browser.execute_script(CONTRAST, index, name) >= 4.5
    lab.theme("JupyterLab Light")


def test_a_slider_explores_the_session(lab):
    index = lab.add_cell()
    lab.set_source(index, (
        "%%python\nimport ipywidgets\n@ipywidgets.interact(budget=ipywidgets.IntSlider(450, 350, 600, 50, description='M multiply-adds'))\n"
        "def explore(budget):\n    dass.run(f'pool found = sample 40 from resnet where macs < {budget}M seed 3')\n"
        "    print('up to', budget)\n    display(dass.run('plot pool of found'))\n    return dass['found'].head(4)"))
    lab.run("notebook:run-cell")
    shown = CELL + f"const out = cells[{index}].outputArea.node.querySelector('.widget-output');"
    lab.wait(shown + "return /up to 450/.test(out?.textContent) && !!out.querySelector('table') && !!out.querySelector('img, svg')")
    slider = lab.wait(CELL + f"return cells[{index}].outputArea.node.querySelector('.widget-slider .noUi-handle')")
    for key, budget in ((Keys.ARROW_RIGHT, 500), (Keys.ARROW_RIGHT, 550), (Keys.ARROW_LEFT, 500)):
        slider.send_keys(key)
        lab.wait(shown + f"return /up to {budget}\\b/.test(out.textContent) && !/up to (?!{budget})/.test(out.textContent)"
                         " && out.querySelectorAll('table').length === 1")
    lab.scroll_to(index)
    time.sleep(1)
    lab.picture("widgets")
    assert [o["output_type"] for o in lab.outputs(index)] == ["display_data"]
    # What the last move made is part of the session.
    after = lab.add_cell("describe found")
    lab.run("notebook:run-cell")
    lab.wait(CELL + f"return /macs < 500M/.test(cells[{after}].outputArea.node.textContent)")


def test_restart_and_run_all_starts_from_nothing(lab):
    lab.browser.execute_script(
        "const n = jupyterapp.shell.currentWidget; const m = n.content.model.sharedModel;"
        f"m.transact(() => m.deleteCellRange({len(CELLS)}, m.cells.length))")
    lab.browser.execute_script("window.restarted = jupyterapp.commands.execute('notebook:restart-run-all')")
    lab.wait("const b = document.querySelector('.jp-Dialog .jp-mod-accept'); if (!b) return false; b.click(); return true")
    lab.wait(CELL + "return cells[0].model.executionCount === 1 && cells[5].model.executionCount === 6", seconds=60)
    lab.wait_for_rest(len(CELLS))
    assert [o["data"]["text/plain"] for o in lab.outputs(4)][0].startswith("name")


def test_the_page_reports_no_problems(lab):
    entries = [entry["message"] for entry in lab.browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert entries == []
