"""The commands as a person types them, against real processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import persistentai_lab as pai
from persistentai_lab.client import Client
from tests import forking
from tests.forking import CLI
from tests.runtime import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

REPORT = "persistentai_lab.examples.penguins:report"
Typed = Callable[..., subprocess.CompletedProcess[str]]


def command(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return forking.run(CLI, *words, environment=os.environ | environment, folder=Path.cwd())


@pytest.fixture(scope="module")
def environment(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[dict[str, str]]:
    """Of one runtime for these tests; it goes away with them."""
    home = tmp_path_factory.mktemp("cli") / "home"
    chosen = {"PERSISTENTAI_HOME": str(home), "PERSISTENTAI_DATABASE_URL": make_database()}
    yield chosen
    command(chosen, "down")


@pytest.fixture
def typed(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type a command, with the runtime up."""
    for name in ("PERSISTENTAI_URL", "PERSISTENTAI_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert command(environment, "up").returncode == 0
    return partial(command, environment)


def pids(typed: Typed) -> dict[str, int]:
    status = json.loads(typed("status", "--json").stdout)
    return {process["name"]: process["pid"] for process in status["processes"]}


def held(end: Path) -> tuple[str, ...]:
    """A flow that runs as long as a test wants, however slow the machine: until it makes `end`."""
    return "tests.notebook.lab_flows:held", "-i", "word=kept", "-i", f"path={end}"


def read_until(stream: Any, word: str) -> list[str]:
    """What it says, up to the line with this word."""
    lines = []
    for line in stream:
        lines.append(line)
        if word in line:
            return lines
    raise AssertionError(f"never said: {word}")


def test_status_is_true_and_down_means_down(typed):
    assert typed("status").returncode == 0
    for pid in (pid for name, pid in pids(typed).items() if name != "postgres"):
        os.kill(pid, 0)

    assert typed("down").returncode == 0

    said = typed("status")
    assert (said.returncode, "stopped" in said.stdout) == (1, True)
    assert typed("runs").returncode == 1


def test_run_as_json_gives_the_outputs(typed):
    done = typed("run", REPORT, "--input", "seconds=0.1", "--json")

    report = json.loads(done.stdout)
    assert (done.returncode, report["status"]) == (0, "completed")
    assert "Gentoo" in report["outputs"]["result"]
    assert report["run_id"] in typed("runs").stdout


def test_watcher_sees_every_event_once_though_gateway_and_worker_are_killed(typed, tmp_path):
    running = pids(typed)
    end = tmp_path / "end"
    run_id = typed("run", *held(end), "--no-wait").stdout.strip()
    words = [sys.executable, "-m", "persistentai_lab.cli", "events", run_id, "-f", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        first = read_until(watcher.stdout, "node.progressed")
        os.kill(running["gateway"], signal.SIGKILL)
        os.kill(running["worker-1"], signal.SIGKILL)
        end.touch()
        rest = watcher.stdout.readlines()

    events = [json.loads(line) for line in (*first, *rest)]
    assert watcher.returncode == 0
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    kinds = [event["event"]["type"] for event in events]
    assert kinds[-1] == "run.completed"
    assert "run.recovered" in kinds


def test_interrupted_watcher_leaves_a_run_that_completes(typed, tmp_path):
    end = tmp_path / "end"
    words = [sys.executable, "-m", "persistentai_lab.cli", "run", *held(end)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as watcher:
        assert watcher.stderr is not None
        run_id = watcher.stderr.readline().split()[-1]
        forking.until_it_waits(watcher.pid)
        watcher.send_signal(signal.SIGINT)
        said = watcher.stderr.read()

    assert watcher.returncode == 130
    assert "goes on" in said
    end.touch()
    with Client() as client:
        assert client.wait(run_id, timeout=150).status == "completed"


def test_notebook_and_command_line_see_the_same_run(typed):
    from persistentai_lab.examples import penguins

    run = penguins.report.run(seconds=0.1)

    assert "Gentoo" in run.result(timeout=150)
    assert run["read"].status == "completed"
    assert [event.seq for event in run.events()][:2] == [1, 2]
    assert "data:image/svg+xml" in run._repr_html_()
    assert pai.runs()[0].id == run.id
    assert run.id in typed("runs").stdout


def test_run_that_is_wrong_is_refused_before_anything_runs(typed):

    before = typed("runs").stdout.count("r-")

    done = typed("run", REPORT, "--input", "seconds=soon", "--json")

    refused = json.loads(done.stdout)
    assert (done.returncode, refused["status"]) == (2, "refused")
    assert refused["error"]["problems"][0]["port"] == "seconds"
    assert typed("runs").stdout.count("r-") == before


def test_cancelled_run_stops_and_says_so(typed, tmp_path):
    run_id = typed("run", *held(tmp_path / "end"), "--no-wait").stdout.strip()

    assert typed("cancel", run_id).returncode == 0

    with Client() as client:
        assert client.wait(run_id, timeout=150).status == "cancelled"
    again = typed("cancel", run_id)
    assert again.returncode == 1
    assert "ended already" in again.stderr


def test_a_run_is_held_looked_into_and_let_go(typed, tmp_path):
    def status() -> str:
        listed = json.loads(typed("runs", "--json").stdout)
        return next(item["status"] for item in listed if item["run_id"] == run)

    end = tmp_path / "end"
    run = typed("run", *held(end), "--no-wait").stdout.strip()
    for _ in range(2):
        assert typed("pause", run).returncode == 0
    end.touch()
    until(lambda: status() == "paused", "what was under way has finished")

    assert typed("step", run).returncode == 0
    until(lambda: status() == "paused", "one step was taken")
    unknown = typed("break", run, "nowhere")
    assert (unknown.returncode, "no node 'nowhere'" in unknown.stderr) == (1, True)
    unfit = typed("break", run, "join", "--when", "open('x')")
    assert (unfit.returncode, "is no condition" in unfit.stderr) == (1, True)
    assert typed("set", run, "join", "nothing=1").returncode != 0
    assert typed("resume", run).returncode == 0
    until(lambda: status() == "completed", "it went on to its end")

    late = typed("pause", run)
    assert (late.returncode, "has ended" in late.stderr) == (1, True)
    assert json.loads(typed("runs", "--stuck", "--json").stdout) == []
