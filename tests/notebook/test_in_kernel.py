"""What cells show, complete and say, in a real kernel against a real runtime."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from persistentai_lab import Run
from tests.forking import until_it_waits

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Notebook:
    """A kernel, and what its last cell showed."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def cell(self, code: str) -> "Shown":
        """Run a cell."""
        shown = Shown()
        self.client.execute_interactive(code, timeout=60, output_hook=shown.take)
        return shown

    def begin(self, code: str) -> str:
        """Run a cell that goes on running; gives the id of what was asked."""
        asked = self.client.execute(code)
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            begun = message["msg_type"] == "execute_input"
            if begun and message["parent_header"].get("msg_id") == asked:
                return asked

    def complete(self, code: str) -> list[str]:
        """What Tab offers at the end; pressed again when jedi took too long for IPython."""
        for _ in range(3):
            if matches := self._reply(self.client.complete(code))["matches"]:
                return list(matches)
        return []

    def help(self, code: str) -> str:
        """What Shift-Tab shows at the end."""
        content = self._reply(self.client.inspect(code))
        text = str(content["data"].get("text/plain", ""))
        return re.sub(r"\x1b\[[0-9;]*m", "", text)

    def _reply(self, asked: str) -> Any:
        while True:
            reply = self.client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == asked:
                return reply["content"]


class Shown:
    """Outputs of a cell."""

    def __init__(self) -> None:
        self.html = self.text = self.out = self.err = self.error = ""

    def take(self, message: dict[str, Any]) -> None:
        """One message of the kernel."""
        content = message["content"]
        match message["msg_type"]:
            case "execute_result" | "display_data":
                self.html += content["data"].get("text/html", "")
                self.text += content["data"].get("text/plain", "")
            case "stream" if content["name"] == "stdout":
                self.out += content["text"]
            case "stream":
                self.err += content["text"]
            case "error":
                self.error = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(content["traceback"]))


@pytest.fixture(scope="module")
def notebook(live: Path) -> Iterator[Notebook]:
    manager, client = start_new_kernel(cwd=str(live))
    try:
        yield Notebook(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def ran(notebook: Notebook) -> Notebook:
    """With a run in it that has completed."""
    ready = notebook.cell(
        "import persistentai_lab as pai\nfrom persistentai_lab.blocks import csv\n"
        "from lab_flows import *\n"
        "run = everything.run(n=344)\nrun.result(timeout=60)"
    )
    assert ready.error == ""
    assert ready.err == "", "no bar: the cell is alive"
    return notebook


def test_steps_are_a_table(ran):
    shown = ran.cell("run.steps")

    assert shown.html.count("<tr>") == 8
    assert "mathjax_ignore" in shown.html
    assert "✓ completed" in shown.text


@pytest.mark.parametrize(
    ("node", "parts"),
    [
        ("frame", ("344 × 2", "336 rows not shown", "&lt;b&gt;3&lt;/b&gt;", "s input n")),
        ("array", ("float32 344", "[0.0, 1.0,")),
        ("picture", ('<img alt="image, 12 × 8"', "data:image/png;base64,")),
        ("book", ("line 3 costs $1 or $2", "99,970 more lines", "MB in all", "set here")),
        ("tree", ("<details open>", "2 keys", "null", "&lt;d&gt;")),
        ("raw", ("10 kB", "00 01 00 01")),
        ("zoo", ("frame.result", "picture.result", "image, ")),
    ],
)
def test_step_is_a_card_that_shows_each_value_as_what_it_is(ran, node, parts):
    shown = ran.cell(f"run[{node!r}]")

    for part in parts:
        assert part in shown.html
    assert "<b>3</b>" not in shown.html
    assert len(shown.html) < 60_000
    assert "mathjax_ignore" in shown.html


def test_events_are_a_table_that_takes_nothing_from_the_iteration(ran):
    shown = ran.cell("events = run.events(); events")

    assert "run.completed" in shown.html
    assert ran.cell("print(next(events).seq, len([*events]) > 10)").out == "1 True\n"


def test_runs_are_a_table_of_runs(ran):
    assert "everything" in ran.cell("pai.runs(flow=everything)").html
    assert "True" in ran.cell("print(pai.runs()[0].id == run.id, type(pai.runs()[0]))").out


def test_value_whose_bytes_are_gone_is_named_with_the_remedy(ran):
    ran.cell(
        "import dataclasses\nlost = pai.Run(run.id)\n"
        "for step in lost.detail.steps:\n"
        "    for port, value in (step.outputs or {}).items():\n"
        "        if hasattr(value, 'ref'):\n"
        "            step.outputs[port] = dataclasses.replace(value, ref='0' * 64)\n"
    )

    card = ran.cell("lost['frame']").html
    error = ran.cell("lost['frame'].output").error

    for told in (card, error):
        assert "application/vnd.apache.parquet" in told
        assert "bytes) cannot be read" in told
        assert "→" in told
    assert "Traceback" not in error


def test_keys_complete(ran):
    nodes = {"array", "book", "frame", "picture", "raw", "tree", "zoo"}

    for code in ("run['", "run.steps['"):
        assert nodes <= {match.strip("'\"[]") for match in ran.complete(code)}
    assert any("zoo" in match for match in ran.complete("run['z"))
    run_id = ran.cell("recent = pai.runs(); print(run.id)").out.strip()
    assert any(run_id in match for match in ran.complete("recent["))


@pytest.mark.parametrize(
    ("code", "there", "not_there"),
    [
        ("pai.", {"block", "flow", "runs", "Run", "blocks"}, {"sys", "import_module", "VERSION"}),
        ("run.", {"result", "steps", "cancel", "fork", "logs", "events", "wait"}, {"_known"}),
        ("csv.", {"read", "parse"}, {"Annotated"}),
    ],
)
def test_names_complete_without_clutter(ran, code, there, not_there):
    offered = {match.rpartition(".")[2] for match in ran.complete(code)}

    assert there <= offered
    assert not not_there & offered


def test_help_of_a_flow_shows_its_inputs(ran):
    told = ran.help("everything.run(")

    assert "n: int = 344" in told
    assert "Start a run" in told


def test_help_of_a_block_is_that_of_its_function(ran):
    ran.cell("from persistentai_lab.blocks import text")

    told = ran.help("text.join(")

    assert "separator: str" in told
    assert "Args:" in told
    assert told.index("Args:") < told.index("A typed building block")


def test_error_in_a_body_shows_its_own_lines(ran):
    shown = ran.cell("bad = broken.run(n=3)\nbad.result(timeout=60)")

    assert "RunFailed: Run r-" in shown.error
    assert "share = n / by" in shown.error
    assert "in line 2: bad.result(timeout=60)" in shown.error
    assert "persistentai_lab/" not in shown.error
    card = ran.cell("bad['divide']").html
    assert "<summary" in card
    assert "share = n / by" in card
    assert ">0</code>" in card


@pytest.mark.parametrize(
    "call",
    ["divide(1, 0)", "pai.flow(lambda: csv.read(wrong))", "@pai.flow\ndef f() -> int:\n    wrong"],
)
def test_error_in_a_persons_own_function_shows_nothing_of_ours(ran, call):
    told = ran.cell(call).error

    assert "Error" in told
    assert "persistentai_lab" not in told.replace("import persistentai_lab", "")


def test_await_leaves_the_kernel_free(ran):
    assert ran.cell("await patient.run(word='a', seconds=0.1)").text == "'a!'"


def test_interrupt_of_a_cell_that_waits_leaves_the_run_going(ran, tmp_path):
    end = tmp_path / "end"
    ran.cell(f"waited = held.run(word='kept', path={str(end)!r}); next(waited.events())")
    run = Run(ran.cell("print(waited.id)").out.strip())
    asked = ran.begin("waited.result()")
    next(event for event in run.events() if event.type == "node.progressed")
    until_it_waits(ran.manager.provisioner.pid)

    ran.manager.interrupt_kernel()
    reply = ran._reply(asked)

    told = "\n".join(reply["traceback"])
    assert reply["ename"] == "KeyboardInterrupt"
    assert f"run {run.id} goes on" in told
    assert told.count("\n") == 0
    end.touch()
    assert run.result(timeout=60) == "kept!"
