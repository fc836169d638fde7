"""The layers of ARCHITECTURE.md hold, and what they are checked against is really there."""

import tomllib
from pathlib import Path

import pytest
from importlinter import cli

ROOT = Path(__file__).parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]


def test_imports_point_inward(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)

    code = cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)

    assert code == cli.EXIT_STATUS_SUCCESS, capfd.readouterr().out


def test_every_package_has_a_layer() -> None:
    """A new package that nobody gave a place would go unchecked."""
    layers = " ".join(CONTRACTS["contracts"][0]["layers"])
    placed = set(layers.replace("(", " ").replace(")", " ").replace("|", " ").split())
    here = ROOT / "persistentai_lab"

    packages = {folder.name for folder in here.iterdir() if (folder / "__init__.py").exists()}

    assert packages - {"examples"} <= placed
