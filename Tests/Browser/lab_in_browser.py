"""JupyterLab and a browser of their own, for tests: nothing of the user's settings, workspaces or notebooks."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

# The news toast covers a corner, and cells off screen are not in the page while windowing is on.
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none", "scrollPastEnd": False},
}
DARK = {"apputils-extension/themes": {"theme": "JupyterLab Dark"}}


@contextlib.contextmanager
def jupyterlab(folder, settings=SETTINGS):
    """A server for the notebooks in `folder`/notebooks; gives its address. Its log is `folder`/server.log."""
    server, address = start_server(folder, settings)
    try:
        yield address
    finally:
        # Not SIGINT, on which the server leaves its kernels running.
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


def start_server(folder, settings):
    for name, values in settings.items():
        file = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        pathlib.Path(sys.prefix) / "bin" / "jupyter", "lab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True",
        f"--notebook-dir={folder / 'notebooks'}", "--LabApp.expose_app_in_browser=True",
    ] + (["--allow-root"] if os.getuid() == 0 else [])
    environment = os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    with open(folder / "server.log", "wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/api/status", timeout=5).close()
            return server, address
        except (urllib.error.URLError, OSError):
            if server.poll() is not None:
                break
            time.sleep(0.2)
    server.kill()
    raise RuntimeError("JupyterLab did not start\n" + (folder / "server.log").read_text())


@contextlib.contextmanager
def chromium(folder):
    """Debian's Chromium without a window."""
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--window-size=1400,1100", f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        yield browser
    finally:
        browser.quit()


def open_notebook(browser, address, name):
    """Shows a notebook in a workspace of its own, and returns when its kernel rests."""
    browser.get(f"{address}/lab/workspaces/auto-{time.monotonic_ns()}/tree/{name}?reset")
    WebDriverWait(browser, 120).until(lambda b: b.execute_script(
        "return !document.querySelector('#jupyterlab-splash') && !!document.querySelector('.jp-NotebookPanel .jp-Cell')"
        " && !!window.jupyterapp?.shell.currentWidget?.sessionContext?.isReady"
        " && jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"))
    # The folder list takes room from the pictures.
    browser.execute_script("jupyterapp.shell.collapseLeft(); jupyterapp.shell.collapseRight()")
