"""What Binder does with this repository, step by step, as an ordinary user without privileges."""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.book import FIRST, head, node, run_to, shown, until_ready
from tests.browser.chromium import chromium
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
NOBODY = 65534
TOKEN = "binder-test"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500), pytest.mark.xdist_group("wheel")]

if os.geteuid() == 0:
    AS_USER = [
        *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
        *("--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"),
    ]
else:
    AS_USER = []


class Machine:
    """A checkout, a home and an environment of somebody who owns nothing else."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.venv = folder / "env"
        self.env = {
            "HOME": str(folder / "home"),
            "PATH": f"{self.venv}/bin:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "TMPDIR": str(folder),
            **{
                name: os.environ[name]
                for name in ("PIP_CERT", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")
                if name in os.environ
            },
        }

    def popen(self, *argv: str, **options: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*AS_USER, "env", *argv], cwd=self.checkout, env=self.env, text=True,
            stdin=subprocess.DEVNULL, **options,
        )  # fmt: skip

    def run(self, *argv: str) -> str:
        process = self.popen(*argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said, _ = process.communicate(timeout=400)
        assert process.returncode == 0, said[-3000:]
        return said


def _python() -> str:
    """A Python of our version that an ordinary user may run, with its library and our packages."""
    code = f"import sys; sys.path.append({sysconfig.get_path('purelib')!r}); import pip"
    minor = f"python3.{sys.version_info.minor}"
    for python in (
        os.path.realpath(sys.executable),
        f"/usr/bin/{minor}",
        f"/usr/local/bin/{minor}",
    ):
        # `env`, because setpriv itself still looks the program up with root's rights.
        argv = [*AS_USER, "env", "-i", python, "-c", code]
        if subprocess.run(argv, capture_output=True, cwd="/").returncode == 0:
            return python
    pytest.skip(f"no {minor} here that an ordinary user may run with the packages of this one")


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """As Binder leaves it before postBuild: the checkout, and the locked packages installed.

    The packages are lent by this environment, which was installed from the same lock file.
    """
    folder = Path(tempfile.mkdtemp(prefix="pai-binder-", dir="/tmp"))
    made = Machine(folder)
    for name in ("checkout", "home"):
        (folder / name).mkdir()
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (made.checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, made.checkout / name)
    subprocess.run([_python(), "-m", "venv", "--without-pip", str(made.venv)], check=True)
    site = next(made.venv.glob("lib/python*/site-packages"))
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    # The commands of lent packages, as an installation would have made them.
    command = made.venv / "bin" / "jupyter-builder"
    command.write_text(f'#!/bin/sh\nexec {made.venv}/bin/python -m jupyter_builder.main "$@"\n')
    command.chmod(0o755)
    if AS_USER:
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(folder)], check=True)
    made.run("python", "-c", "import jupyterlab, pip")
    yield made
    made.run("python", "-m", "persistentai_lab.cli", "down")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def lab(machine: Machine) -> Iterator[str]:
    """Where Binder's Lab is: built by postBuild, begun by start."""
    machine.run("bash", "binder/postBuild")
    port = free_port()
    log = machine.checkout.parent / "lab.log"
    with log.open("w") as out:
        process = machine.popen(
            *("bash", "binder/start", "python", "-m", "jupyterlab", "--no-browser"),
            *(f"--port={port}", f"--IdentityProvider.token={TOKEN}"),
            "--LabApp.expose_app_in_browser=True",  # for the one who drives the browser
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _until_answers(url, process, log)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(120)


def _until_answers(url: str, lab: subprocess.Popen[str], log: Path) -> None:
    deadline = time.monotonic() + 150
    while True:
        try:
            with urllib.request.urlopen(f"{url}/api/status?token={TOKEN}", timeout=5):
                return
        except OSError:
            alive = lab.poll() is None and time.monotonic() < deadline
            assert alive, log.read_text()[-3000:]
            time.sleep(0.1)


def test_the_steps_of_binder_end_in_a_lab_with_a_runtime(lab: str) -> None:
    status = _once_up(lab)

    assert status["state"] == "up", status
    assert status["can_start"] is True


@pytest.mark.browser
def test_the_link_opens_a_notebook_whose_first_three_cells_light_up(lab: str) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        page.set_default_timeout(150_000)
        # What `?labpath=` of a Binder link leads to.
        page.goto(f"{lab}/lab/tree/notebooks/{FIRST}?token={TOKEN}", wait_until="domcontentloaded")
        until_ready(page)
        run_to(page, "flow")
        node(shown(page, "flow"), "bootstrap").wait_for()
        run_to(page, "run")
        lit = shown(page, "run")
        node(lit, "bootstrap", "running").wait_for()
        head(lit, "Done").wait_for()
        node(lit, "letter", "completed").wait_for()


def _once_up(lab: str) -> dict[str, object]:
    """Ask Lab, as the panel does, until its runtime is up."""
    url = f"{lab}/persistentai/status?token={TOKEN}"
    deadline = time.monotonic() + 150
    while True:
        with urllib.request.urlopen(url, timeout=10) as answer:
            status: dict[str, object] = json.load(answer)
        if status["state"] in {"up", "failed"} or time.monotonic() > deadline:
            return status
        time.sleep(0.2)
