"""The lock files are whole, and ask no particular registry."""

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = (ROOT / "requirements.lock").read_text().splitlines()
NPM = json.loads((ROOT / "labextension/package-lock.json").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-")


def test_each_python_package_has_one_exact_version() -> None:
    assert [line for line in PYTHON if "==" not in line] == []


def test_all_that_the_project_asks_for_is_locked() -> None:
    extras = [name for extra in PROJECT["optional-dependencies"].values() for name in extra]
    asked = {_name(requirement) for requirement in [*PROJECT["dependencies"], *extras]}

    assert asked - {_name(line) for line in PYTHON} == set()


def test_no_lock_names_a_registry() -> None:
    urls = [
        package["resolved"]
        for package in NPM["packages"].values()
        if "://" in package.get("resolved", "")
    ]

    assert urls == []
    assert [line for line in PYTHON if "://" in line or line.startswith("-")] == []


def test_each_npm_package_is_known_by_its_hash() -> None:
    ours = {"", "ui", "lab"}
    unknown = [
        name
        for name, package in NPM["packages"].items()
        if name not in ours and not package.get("link") and "integrity" not in package
    ]

    assert unknown == []
