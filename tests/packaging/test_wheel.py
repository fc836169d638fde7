"""A built wheel is all that a person needs: no node, no make, no further command."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAB = "share/jupyter/labextensions/@persistentai/lab/"

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("wheel"),
    pytest.mark.skipif(
        not (ROOT / "persistentai_lab/static/ui.js").exists(),
        reason="the front end is not built: make test builds it",
    ),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    argv = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    without_node = {**os.environ, "HATCH_JUPYTER_BUILDER_SKIP_NPM": "1"}
    subprocess.run([*argv, "-w", str(folder), str(ROOT)], check=True, env=without_node)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    return zipfile.ZipFile(wheel).namelist()


def test_the_front_end_is_in_it_once(names: list[str]) -> None:
    files = Counter(Path(name).name for name in names)

    assert files["ui.js"] == 1
    assert sum(count for name, count in files.items() if name.startswith("remoteEntry.")) == 1
    assert "persistentai_lab/static/ui.js" in names
    assert not [name for name in names if name.startswith("persistentai_lab/labextension/")]


def test_the_plugin_that_lab_is_told_of_is_there(wheel: Path, names: list[str]) -> None:
    found = next(name for name in names if name.endswith(LAB + "package.json"))
    package = json.loads(zipfile.ZipFile(wheel).read(found))

    entry = package["jupyterlab"]["_build"]["load"]

    assert found.replace("package.json", entry) in names
    assert found.replace("package.json", "install.json") in names


def test_nothing_is_in_it_that_belongs_to_the_workshop(names: list[str]) -> None:
    workshop = ("tests/", "node_modules/", "labextension/ui/", ".ci/", "__pycache__")

    assert [name for name in names if any(part in name for part in workshop)] == []
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "persistentai_lab/py.typed" in names


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; the libraries it needs are lent by this one."""
    fresh = tmp_path_factory.mktemp("fresh") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(fresh)], check=True)
    site = next(fresh.glob("lib/python*/site-packages"))
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", f"--python={fresh}/bin/python"]
    subprocess.run(
        [*pip, "install", "-q", "--no-deps", "--no-index", "--ignore-installed", str(wheel)],
        check=True,
    )
    return fresh


def _run(installed: Path, *argv: str) -> str:
    """Run in the fresh environment, with no node or make anywhere."""
    bare = {"PATH": "", "HOME": str(installed.parent), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [str(installed / "bin" / "python"), *argv],
        cwd=installed.parent,
        env=bare,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout + done.stderr


def test_without_node_both_extensions_are_enabled(installed: Path) -> None:
    assert shutil.which("node", path="") is None

    lab = _run(installed, "-m", "jupyterlab.labextensions", "list")
    server = _run(installed, "-m", "jupyter_server.extension.serverextension", "list")

    assert "@persistentai/lab v" in lab
    assert f"{installed}/share/jupyter" in lab
    ours = server[server.index("persistentai_lab.jupyter") :]
    assert "enabled" in ours.splitlines()[0]
    assert "OK" in ours.splitlines()[2]


def test_the_command_is_there_and_is_the_installed_one(installed: Path) -> None:
    where = _run(installed, "-c", "import persistentai_lab; print(persistentai_lab.__file__)")
    usage = _run(installed, str(installed / "bin" / "persistentai"), "--help")

    assert where.strip().startswith(str(installed))
    assert "persistentai" in usage
