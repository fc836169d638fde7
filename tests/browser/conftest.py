"""Real JupyterLab in a real browser."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.browser.chromium import chromium
from tests.ports import free_port
from tests.runtime import until

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-for-tests"
WAIT_MS = 150_000
"""Whatever should be seen is, well before: a busy machine takes its time."""
SCREENSHOTS = os.environ.get("PERSISTENTAI_SCREENSHOTS")
"""The folder for pictures, for whoever wants to look."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One browser at a time: the machine has two cores."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(900))
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def browser():
    with chromium() as made:
        yield made


@pytest.fixture(autouse=True)
def pages_closed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close what the test has opened: Lab goes on drawing and asking in a page nobody looks at.

    Only the last page of Lab stays for the next test, emptied, unless this one failed.
    """
    browser = request.getfixturevalue("browser") if "browser" in request.fixturenames else None
    failed = request.session.testsfailed
    yield
    pages = [page for context in (browser.contexts if browser else ()) for page in context.pages]
    if Lab.emptied is None and request.session.testsfailed == failed:
        Lab.emptied = next(filter(empty, pages), None)
    for page in pages:
        if page is not Lab.emptied:
            page.close()


EMPTY = """
() => {
  const shell = window.jupyterapp?.shell;
  if (!shell || document.querySelector('.jp-Dialog')) return false;
  for (const widget of [...shell.widgets('main')]) widget.dispose();
  for (const panel of shell.widgets('left')) {
    if (!panel.hasClass('pai-SidePanel')) continue;
    panel.unmount?.();  // it is mounted again when it is shown
    panel.unmount = undefined;
  }
  shell.collapseLeft();
  return true;
}
"""


def empty(page: Any) -> bool:
    """Take away all that is open in a page of Lab; whether that could be done."""
    page.unroute_all()
    return bool(page.evaluate(EMPTY))


@dataclass
class Lab:
    """A running JupyterLab, and the folder in which its runtime lives."""

    url: str
    env: dict[str, str]
    process: subprocess.Popen
    root: Path
    """Where its notebooks are."""
    emptied: ClassVar[Any] = None
    """A page that an earlier test has left: to load Lab is half of what a test costs."""

    def open(self, browser, *, scheme: str = "light"):
        """A page of Lab in which nothing is open, ready for commands."""
        page, Lab.emptied = Lab.emptied, None
        if page is not None and not page.url.startswith(f"{self.url}/"):
            page.close()
        if page is None or page.is_closed():
            page = self._load(browser)
        page.set_viewport_size({"width": 1200, "height": 800})
        page.emulate_media(color_scheme=scheme)
        # An empty Lab opens its launcher a moment later, and takes the focus for it.
        page.wait_for_function("document.querySelector('.jp-Launcher')?.isConnected")
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        self.wear(page, scheme)
        return page

    def _load(self, browser):
        # One context for all: it keeps Lab's code compiled, which is half of what opening costs.
        context = next(iter(browser.contexts), None) or browser.new_context(
            viewport={"width": 1200, "height": 800}, reduced_motion="reduce"
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(WAIT_MS)
        # A second tab has a workspace of its own: Lab would look for a free one, and load again.
        place = f"/workspaces/tab{len(context.pages)}" if context.pages else ""
        page = context.new_page()
        page.goto(f"{self.url}/lab{place}?token={TOKEN}&reset", wait_until="domcontentloaded")
        page.wait_for_function("window.jupyterapp")
        page.evaluate("window.jupyterapp.restored")
        return page

    def wear(self, page, scheme: str) -> None:
        """Put on Lab's light or dark theme."""
        theme = "JupyterLab Dark" if scheme == "dark" else "JupyterLab Light"
        self.command(page, "apputils:change-theme", {"theme": theme})
        want = "false" if scheme == "dark" else "true"
        page.wait_for_selector(f"body[data-jp-theme-light='{want}']", state="attached")

    def cli(self, *args: str) -> str:
        """Run `persistentai …` as a person in a terminal would, and return what it prints."""
        argv = [sys.executable, "-m", "persistentai_lab.cli", *args]
        done = subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def has_a_runtime(self) -> bool:
        """Whether all of it runs; asking starts nothing."""
        command = [sys.executable, "-m", "persistentai_lab.cli", "status"]
        return not subprocess.run(command, env=self.env, capture_output=True).returncode

    def processes(self) -> list[dict]:
        """The processes of the runtime."""
        return json.loads(self.cli("status", "--json"))["processes"]

    def api(self, page, method: str, path: str, body: dict) -> None:
        """Ask the gateway, through Jupyter."""
        answer = page.request.fetch(
            f"{self.url}/persistentai/api/v1/{path}",
            method=method,
            data=body,
            headers={"Authorization": f"token {TOKEN}"},
        )
        assert answer.ok, answer.text()

    def stop(self) -> None:
        """Jupyter goes down."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)

    def command(self, page, name: str, args: dict | None = None) -> None:
        """Run one of Lab's commands."""
        # What a command returns (a widget, say) is not for us: it can't cross over.
        page.evaluate(
            "async ([n, a]) => { await window.jupyterapp.commands.execute(n, a); }",
            [name, args or {}],
        )

    def save(self, page, name: str) -> None:
        """Keep a screenshot, if somebody wants to look at it."""
        if SCREENSHOTS:
            page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}.png"))

    def save_in_both(self, page, name: str, check: Callable[[Any], object] | None = None) -> None:
        """Keep a screenshot in either theme, and check the page in both."""
        if check is None and not SCREENSHOTS:
            return
        for scheme in ("dark", "light"):
            self.wear(page, scheme)
            self.save(page, f"{name}-{scheme}")
            if check is not None:
                check(page)


def _lab(folder: Path, env: dict[str, str], *, starts_runtime: bool) -> Iterator[Lab]:
    """Start Lab on the front end of this working tree, installed or not."""
    shared = folder / "share" / "labextensions" / "@persistentai"
    shared.mkdir(parents=True)
    (shared / "lab").symlink_to(ROOT / "persistentai_lab" / "labextension")
    config = folder / "config" / "jupyter_server_config.d"
    shutil.copytree(ROOT / "jupyter-config" / "server-config", config)
    page = folder / "config" / "labconfig" / "page_config.json"
    page.parent.mkdir()
    page.write_text('{"disabledExtensions": {"@jupyterlab/apputils-extension:splash": true}}')
    for extension, plugin, settings in (
        ("apputils", "notification", '{"fetchNews": "false"}'),
        ("docmanager", "plugin", '{"autosave": false}'),  # tests look at what is not saved yet
    ):
        place = folder / "settings" / "@jupyterlab" / f"{extension}-extension"
        place.mkdir(parents=True)
        (place / f"{plugin}.jupyterlab-settings").write_text(settings)
    root = folder / "notebooks"
    shutil.copytree(ROOT / "notebooks", root, ignore=shutil.ignore_patterns(".*"))
    port = free_port()
    env = {
        **{name: value for name, value in os.environ.items() if "PERSISTENTAI" not in name},
        "HOME": str(folder / "user"),
        "JUPYTER_PATH": str(folder / "share"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "PYTHONPATH": str(ROOT),
        **env,
    }
    argv = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--port={port}", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={root}"),
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
    ]
    if not starts_runtime:
        argv.append("--PersistentAILab.start_runtime=False")
    url = f"http://127.0.0.1:{port}"
    with (folder / "lab.log").open("wb") as log:
        process = subprocess.Popen(argv, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            _wait_for(f"{url}/api/status?token={TOKEN}", folder / "lab.log")
            lab = Lab(url, env, process, root)
            yield lab
        finally:
            process.kill()
            process.wait()


def _wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + 240
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.1)


@contextmanager
def _folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="pai-browser-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def lab_with_double() -> Iterator[Lab]:
    """Lab in front of a gateway's double: every state at once, nothing else running."""
    with _folder() as here:
        gateway = here / "gateway.sock"
        argv = [sys.executable, str(Path(__file__).parent / "gateway_double.py"), str(gateway)]
        double = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
        try:
            home = {"PERSISTENTAI_HOME": str(here / "home"), "PERSISTENTAI_URL": f"unix:{gateway}"}
            yield from _lab(here, home, starts_runtime=False)
        finally:
            double.kill()
            double.wait()


@pytest.fixture(scope="session")
def lab_without_runtime() -> Iterator[Lab]:
    """Lab alone: nothing runs, and nothing is started unasked."""
    with _folder() as here:
        home = {"PERSISTENTAI_HOME": str(here / "home")}
        yield from _lab(here, home, starts_runtime=False)


@pytest.fixture(scope="session")
def lab_with_runtime() -> Iterator[Lab]:
    """Lab as a newcomer starts it: it brings up the real runtime by itself. Others use it too."""
    with _folder() as folder:
        yield from _lab_with_runtime(folder)


@pytest.fixture(scope="module")
def fresh_lab() -> Iterator[Lab]:
    """The same, in which nothing has been done yet."""
    with _folder() as folder:
        yield from _lab_with_runtime(folder)


def _lab_with_runtime(folder: Path) -> Iterator[Lab]:
    here = folder / "real"
    here.mkdir(mode=0o755)
    home = {
        "PERSISTENTAI_HOME": str(here / "home"),
        "PERSISTENTAI_STATE_DIR": str(here / "state"),
    }
    for lab in _lab(here, home, starts_runtime=True):
        try:
            until(lab.has_a_runtime, "what Lab has begun is up", within_s=240)
            yield lab
        finally:
            lab.cli("down")
