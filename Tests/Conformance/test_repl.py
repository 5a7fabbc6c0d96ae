"""`dass repl` in a terminal: what is typed, what is shown, and what the keys do."""

import os
import re
import subprocess
import time

import pexpect
import pytest
from kernels import program

PROMPT = "dass> "
TAB, UP, CONTROL_C, CONTROL_D = "\t", "\x1b[A", "\x03", "\x04"


@pytest.fixture
def start(tmp_path):
    started = []

    def start(**variables):
        environment = {k: v for k, v in os.environ.items() if k not in ("TMUX", "TERM_PROGRAM", "KITTY_WINDOW_ID")}
        environment |= {"TERM": "xterm-256color", "DASS_HISTORY": str(tmp_path / "history.sqlite"), "LC_ALL": "C.UTF-8"}
        terminal = pexpect.spawn(program(), ["repl"], env=environment | variables, encoding="utf-8", timeout=20,
                                 dimensions=(40, 100))
        terminal.expect_exact("Ctrl-D leaves.")
        expect_prompt(terminal)
        started.append(terminal)
        return terminal

    yield start
    for terminal in started:
        terminal.close(force=True)


def expect_prompt(terminal):
    terminal.expect_exact(PROMPT)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.before)
    return shown.replace("\r\n", "\n")


def enter(terminal, line):
    """Types a line and returns what is shown until the next prompt, without what was typed."""
    terminal.sendline(line)
    terminal.expect_exact("\n")
    return expect_prompt(terminal).strip()


def test_statements_are_run_and_errors_point(start):
    terminal = start()
    assert enter(terminal, "x = 3") == ""
    assert enter(terminal, "x") == "3"
    assert "did you mean `search`?" in enter(terminal, "serach x")
    terminal.sendline("serach x")
    terminal.expect_exact("\x1b[1mNameError:")
    expect_prompt(terminal)
    assert enter(terminal, 'print "ä漢🙂"') == "ä漢🙂"
    assert enter(terminal, "   ") == ""
    terminal.send(CONTROL_D)
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == 0


def test_a_statement_goes_on_until_it_is_whole(start):
    terminal = start()
    terminal.sendline("t = [1,")
    terminal.expect_exact("  ... ")
    terminal.sendline("2]")
    expect_prompt(terminal)
    assert enter(terminal, "t") == "[1, 2]"
    terminal.sendline("t = [1,")
    terminal.expect_exact("  ... ")
    terminal.send(CONTROL_C)
    expect_prompt(terminal)
    assert enter(terminal, "t") == "[1, 2]"


def test_python_cells_end_with_an_empty_line(start):
    terminal = start()
    enter(terminal, "epochs = 8")
    for line in ("%%python", "for number in range(2):", "print(number)", "", "epochs + 1"):
        terminal.sendline(line)
        if line:
            terminal.expect_exact("  ... ")
        else:
            terminal.expect_exact("0\r\n1\r\n")
            break
    expect_prompt(terminal)
    terminal.sendline("%%python")
    terminal.expect_exact("  ... ")
    terminal.sendline("1 / 0")
    terminal.expect_exact("  ... ")
    terminal.sendline("")
    terminal.expect_exact("ZeroDivisionError")
    expect_prompt(terminal)


def test_tab_completes_a_word_and_lists_several(start):
    terminal = start()
    terminal.send("metat" + TAB)
    # The editor moves the cursor and writes only what is new.
    terminal.expect_exact("rain ")
    terminal.send(CONTROL_C)
    expect_prompt(terminal)
    terminal.send("p" + TAB)
    terminal.expect(r"parameter|plot.*print|predict")
    terminal.expect_exact(PROMPT)
    terminal.send(CONTROL_C)
    expect_prompt(terminal)
    enter(terminal, "widths = [1, 2]")
    terminal.send("wid" + TAB + "\r")
    terminal.expect_exact("[1, 2]")


def test_earlier_lines_come_back_also_from_an_earlier_session(start):
    terminal = start()
    enter(terminal, "first = 41")
    terminal.send(CONTROL_D)
    terminal.expect(pexpect.EOF)
    terminal = start()
    terminal.send(UP)
    terminal.expect_exact("first = 41")
    terminal.send("\r")
    expect_prompt(terminal)
    assert enter(terminal, "first") == "41"


def test_control_c_stops_the_statement_and_keeps_the_session(start):
    terminal = start()
    enter(terminal, "x = 3")
    terminal.sendline("sleep 60s")
    terminal.expect_exact("waiting: ")
    begin = time.monotonic()
    terminal.send(CONTROL_C)
    terminal.expect_exact("Interrupted")
    assert time.monotonic() - begin < 1
    expect_prompt(terminal)
    terminal.sendline("%%python")
    terminal.expect_exact("  ... ")
    terminal.sendline("while True: pass")
    terminal.expect_exact("  ... ")
    terminal.sendline("")
    time.sleep(1)
    terminal.send(CONTROL_C)
    terminal.expect_exact("KeyboardInterrupt")
    expect_prompt(terminal)
    assert enter(terminal, "x") == "3"
    assert terminal.isalive()


def test_questions_are_asked_and_secrets_are_not_shown(start):
    terminal = start()
    terminal.sendline('name = ask "Which? "')
    terminal.expect_exact("Which? ")
    terminal.sendline("cars")
    expect_prompt(terminal)
    assert enter(terminal, "name") == '"cars"'
    terminal.sendline('key = ask "Key: " hidden')
    terminal.expect_exact("Key: ")
    time.sleep(0.2)
    terminal.sendline("secret")
    assert "secret" not in expect_prompt(terminal)


def test_pictures_are_files_or_inline(start):
    terminal = start()
    enter(terminal, "pool p = sample 20 from resnet")
    shown = enter(terminal, "plot pool of p")
    path = re.search(r"picture: (\S+\.png)", shown)[1]
    with open(path, "rb") as picture:
        assert picture.read(8) == b"\x89PNG\r\n\x1a\n"
    for variables, begin in (
        ({"KITTY_WINDOW_ID": "1"}, "\x1b_Ga=T,f=100"), ({"TERM_PROGRAM": "iTerm.app"}, "\x1b]1337;File="),
        ({"DASS_PICTURES": "sixel"}, '\x1bP0;1q"1;1;'), ({"KONSOLE_VERSION": "230804"}, '\x1bP0;1q"1;1;'),
    ):
        terminal = start(**variables)
        enter(terminal, "pool p = sample 20 from resnet")
        terminal.sendline("plot pool of p")
        terminal.expect_exact(begin)
        expect_prompt(terminal)


def test_edit_puts_the_statement_on_the_next_line(start):
    terminal = start()
    enter(terminal, "limit = 400")
    terminal.sendline("edit limit")
    terminal.expect_exact("limit = 400")
    terminal.send("0\r")
    expect_prompt(terminal)
    assert enter(terminal, "limit") == "4000"


def test_without_a_terminal_it_says_what_to_do_instead():
    result = subprocess.run([program(), "repl"], input="x = 3\n", capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr == (
        "dass: dass repl needs a terminal.\n  dass run - reads a script from standard input.\n")
