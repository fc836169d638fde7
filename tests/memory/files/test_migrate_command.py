"""`persistentai files migrate`, on a real database and lakeFS's double."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from persistentai_lab.cli.main import main
from persistentai_lab.memory.author import Author
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import make_pool
from tests.memory.files.house import House


class Terminal:
    """Where the command is typed."""

    def __init__(self, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capsys = patch, capsys

    def migrate(self, *words: str) -> tuple[int, str, str]:
        self._patch.setattr("sys.argv", ["persistentai", "files", "migrate", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err


@pytest.fixture
def terminal(
    memory_url: str, tmp_path: Path, environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Terminal:  # fmt: skip
    said = {"PERSISTENTAI_HOME": str(tmp_path / "home"), "PERSISTENTAI_DATABASE_URL": memory_url}
    for name, value in {**environ, **said}.items():
        monkeypatch.setenv(name, value)
    return Terminal(monkeypatch, capsys)


async def write(url: str, folder: Path, me: Author) -> None:
    async with make_pool(url, name="test", min_size=1, max_size=2) as pool:
        await House(MemoryTree(pool, Blobs(pool, folder), environ={}), me).write(a="one")


def test_it_says_what_it_would_do_does_it_and_does_it_once(
    terminal: Terminal, memory_url: str, tmp_path: Path, me: Author
) -> None:
    asyncio.run(write(memory_url, tmp_path, me))
    asked = ("--to", "lakefs", "--workspace", me.workspace)

    code, out, _ = terminal.migrate(*asked, "--dry-run")
    assert (code, out) == (0, "Would copy 1 commit of 1 to lakefs: 1 branch, 0 tags.\n")

    code, out, _ = terminal.migrate(*asked, "--json")
    told = json.loads(out)
    assert (code, told["is_there"], told["copied"], told["compared"]) == (0, True, 1, 1)

    code, out, _ = terminal.migrate(*asked)
    assert (code, "nothing to move" in out) == (0, True)


@pytest.mark.parametrize(
    ("gone", "to", "said"),
    [
        ("PERSISTENTAI_LAKEFS_URL", "lakefs", "knows none"),
        ("PERSISTENTAI_LAKEFS_NAMESPACE", "lakefs", "PERSISTENTAI_LAKEFS_NAMESPACE is not set"),
        ("PERSISTENTAI_HOME", "elsewhere", "it is `lakefs` or `postgres`"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, gone: str, to: str, said: str, me: Author
) -> None:
    monkeypatch.delenv(gone)
    code, _, err = terminal.migrate("--to", to, "--workspace", me.workspace)
    assert code != 0
    assert said in err
    assert "Traceback" not in err


def test_a_key_that_lakefs_refuses_and_a_server_that_is_away_are_told(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, memory_url: str, tmp_path: Path, me: Author
) -> None:
    asyncio.run(write(memory_url, tmp_path, me))
    asked = ("--to", "lakefs", "--workspace", me.workspace)
    monkeypatch.setenv("PERSISTENTAI_LAKEFS_KEY_ID", "another")
    code, _, err = terminal.migrate(*asked)
    assert (code, "lakeFS refuses (401)" in err, "set another key" in err) == (1, True, True)

    monkeypatch.setenv("PERSISTENTAI_LAKEFS_URL", "http://127.0.0.1:9")
    code, _, err = terminal.migrate(*asked)
    assert (code, "doesn't answer" in err, "PERSISTENTAI_LAKEFS_URL" in err) == (1, True, True)
