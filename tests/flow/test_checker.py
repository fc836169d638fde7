"""The library of JSON Schema, without what nobody needs of it."""

import subprocess
import sys

import pytest

CHECKS = """
import sys
from persistentai_lab.flow.literals import value_misfit
said = value_misfit("x", {"type": "string", "format": "date-time"})
assert "date-time" in said, said
assert value_misfit(3, {"type": "integer", "minimum": 4}) is not None
assert "lark" not in sys.modules, "grammars were built"
"""


def test_checking_a_value_builds_no_grammars() -> None:
    pytest.importorskip("rfc3987_syntax", reason="comes with Jupyter")

    done = subprocess.run([sys.executable, "-c", CHECKS], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_who_wants_the_grammars_can_have_them_afterwards() -> None:
    pytest.importorskip("rfc3987_syntax", reason="comes with Jupyter")
    after = CHECKS + "import rfc3987_syntax\n"

    done = subprocess.run([sys.executable, "-c", after], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
