"""What the README prints is what happens."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from persistentai_lab import supervisor
from persistentai_lab.storage.home import DATABASE_VARIABLE, HOME_VARIABLE, Home

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def runtime(
    tmp_path: Path, make_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.setenv(DATABASE_VARIABLE, make_database())
    monkeypatch.delenv("PERSISTENTAI_URL", raising=False)
    home = Home.open()
    try:
        supervisor.up(home, workers=1)
        yield
    finally:
        supervisor.down(home)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("runtime")
def test_what_is_printed_runs_as_it_is_and_once(tmp_path: Path) -> None:
    from persistentai_lab.client import Client

    ten_lines, memory = codes("python")

    weighed = said_by(ten_lines, tmp_path / "weigh.py")
    recalled = said_by(memory, tmp_path / "recall.py")

    assert [line.split()[0] for line in weighed[2:]] == ["Gentoo"] * 3
    assert recalled[:2] == ["The scale on Dream Island shows 40 g too much.", "Call Ada."]
    with Client() as client:
        assert len(client.runs()) == 1, "a worker that loads the script must not start it again"


def test_everything_that_it_points_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)|(?:src|srcset)=\"([^\"]+)\"", README)

    places = [first or second for first, second in links]
    assert places
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 115


def codes(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def said_by(script: str, path: Path) -> list[str]:
    """What a script prints, as a person runs it in a folder with nothing else in it."""
    path.write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, path.name], cwd=path.parent, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()
