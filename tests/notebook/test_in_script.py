"""The same calls in a plain script, against a real runtime."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from persistentai_lab import Run
from tests import forking

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def script(folder: Path, code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    path = folder / "mine.py"
    path.write_text(code, encoding="utf-8")
    return forking.run("mine.py", environment=os.environ | environment, folder=folder)


def test_everything_is_one_call_away(live: Path) -> None:
    code = """
import asyncio
import persistentai_lab as pai
from lab_flows import patient

run = patient.run(word="done", seconds=0.2)
print(run.wait(timeout=60) is run, run.status, run.result(), run.outputs)
print([step.node for step in run.steps], run["slow"].output)
print(run.inputs == run["slow"].inputs == {"word": "done", "seconds": 0.2})
print([line.message for line in run.logs], [line.node for line in run["slow"].logs])
print([event.type for event in run.events()][-1], pai.runs(flow=patient)[0].id == run.id)
print(pai.Run(run.id[:12]).result(), pai.runs()[run.id].status)

async def main():
    return await run

print(asyncio.run(main()))
"""
    done = script(live, code)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "True completed done! {'result': 'done!'}",
        "['slow', 'of', 'join'] done",
        "True",
        "['sleeping for 0.2 s'] ['slow']",
        "run.completed True",
        "done! completed",
        "done!",
    ]


def test_a_fork_runs_only_what_the_change_concerns(live: Path) -> None:
    code = """
from lab_flows import patient
run = patient.run(word="done", seconds=0.1).wait()
fork = run.fork("join", separator=" ")
print(fork.result(timeout=60), fork.id != run.id, fork["slow"].status)
print(run.fork(inputs={"word": "other"}).result(timeout=60))
for wrong in (lambda: run.fork("jion"), lambda: run.fork("join", seperator="")):
    try:
        wrong()
    except LookupError as error:
        print(error.message, error.remedy)
"""
    done = script(live, code)

    assert done.returncode == 0, done.stderr
    same, other, node, port = done.stdout.splitlines()
    assert same.startswith("done ! True ")
    assert other == "other!"
    assert "no node 'jion'" in node
    assert "join" in node.partition(".")[2]
    assert "no input 'seperator'" in port
    assert "separator" in port.partition(".")[2]


def test_a_replay_says_whether_a_run_still_comes_to_the_same(live: Path) -> None:
    code = """
import persistentai_lab as pai
from lab_flows import everything, patient
run = patient.run(word="done", seconds=0.1).wait()
replay = run.replay()
found = replay.result(timeout=60)
print(found["verdict"], found["source"] == run.id, replay.id != run.id, replay.detail.replays)
print(pai.Run(run.id[:12]).replay(key="k").id == run.replay(key="k").id)
try:
    replay.replay()
except pai.LabError as error:
    print(error.message, error.remedy)
"""
    done = script(live, code)

    assert done.returncode == 0, done.stderr
    verdict, once, refused = done.stdout.splitlines()
    assert verdict.startswith("identical True True r-")
    assert once == "True"
    assert "is a replay of run r-" in refused


def test_a_failed_run_is_tried_again_from_where_it_failed(live: Path) -> None:
    code = """
from lab_flows import shares
run = shares.run(n=1, by=0).wait()
again = run.fork().wait()
mended = run.fork(inputs={"by": 2})
print(run.status, again.status, mended.result(timeout=60))
"""
    done = script(live, code)

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["failed", "failed", "0.5"]


def test_runtime_that_is_down_is_one_sentence_and_what_to_do(tmp_path: Path) -> None:
    code = "import persistentai_lab as pai\n\npai.runs()\n"

    done = script(tmp_path, code, PERSISTENTAI_URL=f"unix:{tmp_path}/none.sock")

    assert done.returncode == 1
    assert done.stderr.startswith("✗ The runtime does not answer")
    assert "→ Start it with `persistentai up`." in done.stderr
    assert "in mine.py, line 3: pai.runs()" in done.stderr
    assert "Traceback" not in done.stderr


def test_whoever_wants_to_see_everything_does(tmp_path: Path) -> None:
    code = "import persistentai_lab as pai\npai.runs()\n"
    nowhere = f"unix:{tmp_path}/none.sock"

    done = script(tmp_path, code, PERSISTENTAI_URL=nowhere, PERSISTENTAI_DEBUG="1")

    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "transport.py" in done.stderr


def test_errors_that_are_not_ours_are_told_as_ever(tmp_path: Path) -> None:
    code = """
import sys
import persistentai_lab as pai

def mine(kind, error, traceback):
    sys.stderr.write(f"mine: {error}\\n")

sys.excepthook = mine
try:
    raise pai.LabError("Ours.")
except Exception:
    pass
1 / 0
"""
    done = script(tmp_path, code)

    assert (done.returncode, done.stderr) == (1, "mine: division by zero\n")


def test_failed_run_shows_the_persons_own_lines(live: Path) -> None:
    done = script(live, "from lab_flows import broken\nbroken.run(n=3).result()\n")

    assert done.returncode == 1
    assert "failed at node 'divide'" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert "share = n / by" in done.stderr
    assert "in mine.py, line 2: broken.run(n=3).result()" in done.stderr
    assert "persistentai_lab/" not in done.stderr


@pytest.mark.parametrize(
    "wait", ["run.result()", "run.wait()", "asyncio.run(main())", "list(run.events())"]
)
def test_ctrl_c_leaves_the_run_going_and_says_so(live: Path, tmp_path: Path, wait: str) -> None:
    end = tmp_path / "end"
    code = f"""
import asyncio
from lab_flows import held
run = held.run(word="kept", path={str(end)!r})

async def main():
    return await run

run.status, next(run.events())  # while pydantic makes its models, it swallows interrupts
print(run.id, flush=True)
{wait}
"""
    (live / "waits.py").write_text(code, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "waits.py"],
        cwd=live,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        run_id = process.stdout.readline().strip()
        waits = next(event for event in Run(run_id).events() if event.type == "node.progressed")
        assert waits
        forking.until_it_waits(process.pid)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=150)

    assert process.returncode == -signal.SIGINT, said
    assert said.count("\n") == 1, said
    assert f"run {run_id} goes on" in said
    end.touch()
    assert Run(run_id).result(timeout=60) == "kept!"


def test_a_run_is_held_looked_into_changed_and_let_go(live: Path) -> None:
    code = """
import time
import persistentai_lab as pai
from lab_flows import patient

def paused(run):
    while run.status != "paused":
        time.sleep(0.05)
    return [step.node for step in run.steps if step.status == "completed"]

run = patient.run(word="done", seconds=0.1, paused=True, breakpoints=[("join", "separator == '!'")])
run.clear_break("join")
run.break_at("join", when="len(parts) > 1")
run.step()
print(paused(run))
run.resume()
print(paused(run))
run.set("of", result=["all", "well"])
run.set("join", separator=" is ")
run.resume()
print(run.result(timeout=60), run["of"].output)
for wrong in (lambda: run.pause(), lambda: run.set("of", result=[])):
    try:
        wrong()
    except pai.errors.Conflict as error:
        print(error.code)
"""
    done = script(live, code)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "['slow']",
        "['slow', 'of']",
        "all is well ['all', 'well']",
        "run_ended",
        "run_ended",
    ]


def test_a_script_that_looks_at_the_first_events_only_ends(live: Path, tmp_path: Path) -> None:
    end = tmp_path / "end"
    code = f"""
from lab_flows import held
run = held.run(word="kept", path={str(end)!r})
print(run.id, next(run.events()).type)
"""

    done = script(live, code)
    end.touch()

    assert done.stdout.split()[1] == "run.created", done.stderr
    assert done.returncode == 0
