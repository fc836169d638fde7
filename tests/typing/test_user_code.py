"""What mypy says of a person's code. Pylance reads the same annotations."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SNIPPETS = sorted((Path(__file__).parent / "snippets").glob("*.py"))
_SAID = re.compile(r"^(?P<file>.+?):(?P<line>\d+): (?P<kind>note|error): (?P<text>.*)$", re.M)
_REVEALED = re.compile(r'Revealed type is "(?P<type>.*)"')
_WANTED = re.compile(r"# (?P<kind>is|error): (?P<text>.+)$")
_MODULE = re.compile(r"\b(?:\w+\.)+(?=\w)")


@cache
def said() -> dict[str, dict[int, str]]:
    """Of all snippets at once: mypy takes its time to begin."""
    # Strict as we are to ourselves: so it knows our modules from the last `make check`.
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context"]
    done = subprocess.run([*command, *map(str, SNIPPETS)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found: dict[str, dict[int, str]] = {path.name: {} for path in SNIPPETS}
    for match in _SAID.finditer(done.stdout):
        name = Path(match["file"]).name
        if name not in found:  # a module of ours, which has tests of its own
            continue
        revealed = _REVEALED.match(match["text"])
        code = re.search(r"\[([\w-]+)\]$", match["text"])
        if revealed:
            found[name][int(match["line"])] = "is: " + _MODULE.sub("", revealed["type"])
        elif match["kind"] == "error":
            found[name][int(match["line"])] = f"error: {code[1] if code else match['text']}"
    return found


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.xdist_group("typing")  # mypy runs once
@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.stem)
def test_types_are_what_a_person_expects(path: Path) -> None:
    wanted = {
        number: f"{match['kind']}: {match['text']}"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (match := _WANTED.search(line))
    }

    assert said()[path.name] == wanted
