"""The bar of a run, in a real terminal and where there is none."""

import os
import pty
import re
import select
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from persistentai_lab.blocks import text
from persistentai_lab.flow.flow import flow
from tests.client.gateway_double import GatewayDouble, envelope

EVENTS = [
    envelope(1, "run.created", flow="report", steps=3),
    envelope(2, "node.started", node="read", block="csv.read", worker="w1"),
    envelope(3, "node.completed", node="read", duration_s=0.1, outputs={}),
    envelope(4, "node.started", node="bootstrap_adelie", block="b", worker="w1"),
    envelope(5, "node.progressed", node="bootstrap_adelie", done=2, total=5),
    envelope(6, "run.recovered", worker="w-2", recorded=1, repeated=1),
    envelope(7, "human.requested", question="q-1", text="Pay?", choices=["yes", "no"]),
]
END = [envelope(8, "run.completed", outputs={})]
WAIT = "import persistentai_lab as pai; pai.Run('r-1').{call}; print('over')"


@flow
def greet(name: str) -> str:
    return text.join([], name)


class Terminal:
    """A process whose standard error is a terminal."""

    def __init__(self, *command: str, **environment: str) -> None:
        self._end, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 100))
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            env=os.environ | environment,
        )
        os.close(theirs)
        self.shown = ""

    def read(self, word: str = "") -> str:
        """Until it shows a word, or to the end."""
        while not word or word not in self.shown:
            ready, _, _ = select.select([self._end], [], [], 120)
            assert ready, f"never showed {word!r}: {self.shown!r}"
            try:
                self.shown += os.read(self._end, 65536).decode(errors="replace")
            except OSError:  # the other end is closed
                break
        return self.shown

    def last_line(self) -> str:
        """What is left to be seen, at the end."""
        line = re.sub(r"\x1b\[A", "", self.shown).rpartition("\n")[2]
        return line.rpartition("\r")[2].strip()


@pytest.fixture
def running(gateway: GatewayDouble) -> GatewayDouble:
    gateway.detail = {"steps_total": 3}
    gateway.events = list(EVENTS)
    return gateway


def end(gateway: GatewayDouble, status: str = "completed") -> None:
    gateway.status = status
    gateway.detail = {"steps_total": 3, "outputs": {"result": {"json": 7}}}
    gateway.events = [*EVENTS, *END]


@pytest.mark.parametrize("call", ["result()", "wait()"])
def test_terminal_shows_a_bar_that_goes_away_when_all_is_well(running, call):
    terminal = Terminal("-c", WAIT.format(call=call))
    shown = terminal.read("Pay?")
    end(running)
    terminal.process.wait(120)
    shown = terminal.read()

    assert re.search(r"report: +33%\|.*\| 1/3 \[00:\d\d<", shown)
    assert "bootstrap_adelie 40%" in shown
    assert "taken over by w-2: 1 steps kept, 1 begun again" in shown
    assert terminal.last_line() == ""
    assert terminal.process.stdout.read() == "over\n"


def test_bar_of_a_run_that_failed_stays(running):
    terminal = Terminal("-c", WAIT.format(call="wait()"))
    terminal.read("Pay?")
    end(running, "failed")
    terminal.process.wait(120)

    assert re.search(r"1/3 \[00:\d\d<[^\r]*\r?\n", terminal.read())


@pytest.mark.parametrize(
    ("call", "environment"),
    [("result(progress=False)", {}), ("result()", {"TQDM_DISABLE": "1"})],
)
def test_whoever_wants_no_bar_gets_none(running, call, environment):
    terminal = Terminal("-c", WAIT.format(call=call), **environment)
    terminal.read("Pay?")
    end(running)
    terminal.process.wait(120)

    assert "1/3" not in terminal.read()


def test_no_bar_where_there_is_no_terminal(gateway):
    gateway.detail = {"steps_total": 3}
    end(gateway)
    gateway.status = "running"
    process = subprocess.Popen(
        [sys.executable, "-c", WAIT.format(call="result()")], stderr=subprocess.PIPE, text=True
    )
    while not gateway.afters:
        assert process.poll() is None
    gateway.status = "completed"
    _, said = process.communicate(timeout=90)

    assert [line for line in said.splitlines() if line] == [
        "? r-1 asks: Pay? → pai.Run('r-1').answer(…)"
    ]


def test_question_that_was_answered_is_not_asked_again(gateway):
    end(gateway)
    gateway.status = "running"
    question = {"id": "q-1", "text": "Pay?", "choices": ["yes"], "answer": {"choice": "yes"}}
    gateway.detail["questions"] = [question]
    process = subprocess.Popen(
        [sys.executable, "-c", WAIT.format(call="result()")], stderr=subprocess.PIPE, text=True
    )
    while not gateway.afters:
        assert process.poll() is None
    gateway.status = "completed"

    assert process.communicate(timeout=90)[1] == ""


def test_command_line_has_the_same_bar(running, tmp_path: Path):
    report = greet.save(tmp_path / "greet.flow.json")
    terminal = Terminal("-m", "persistentai_lab.cli", "run", str(report), "-i", "name=A")
    terminal.read("--question q-1")
    end(running)
    terminal.process.wait(120)
    shown = terminal.read()

    assert "✓\x1b[0m read  100 ms" in shown
    assert re.search(r"1/3 \[00:\d\d<", shown)
    assert terminal.last_line() == ""
    assert terminal.process.stdout.read() == "7\n"
