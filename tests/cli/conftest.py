"""Runs commands in this process, against the double of the gateway."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from persistentai_lab.cli import main
from tests.client.gateway_double import GatewayDouble, serving


@dataclass
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output, which must be one JSON value."""
        return json.loads(self.out)


@pytest.fixture
def gateway(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GatewayDouble]:
    with serving(tmp_path_factory.mktemp("gw")) as double:
        monkeypatch.setenv("PERSISTENTAI_URL", f"unix:{double.socket}")
        yield double


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """`command("run", "x.flow.json")` as typed in a terminal."""

    def run(*words: str) -> Said:
        monkeypatch.setattr("sys.argv", ["persistentai", *words])
        with pytest.raises(SystemExit) as caught:
            main()
        said = capsys.readouterr()
        code = caught.value.code
        return Said(code if isinstance(code, int) else int(bool(code)), said.out, said.err)

    return run
