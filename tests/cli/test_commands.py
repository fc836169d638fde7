import json
import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator

from persistentai_lab.blocks import text
from persistentai_lab.flow.flow import flow
from tests.client.gateway_double import envelope, problem, run_of

COMMANDS = [
    "up", "down", "status", "worker", "serve", "lab", "run", "runs", "events", "plan", "blocks",
    "cancel", "answer", "questions", "fork", "replay", "retention", "schema", "check", "limits",
    "pause", "resume", "step", "break", "set",
]  # fmt: skip
ERROR = {"code": "wrong_type", "message": "Not a list.", "remedy": "Make it one."}
QUESTION = {"id": "q-1", "text": "Pay?", "choices": ["yes", "no"], "answer": None}


@flow
def greet(name: str, words: list[str] = []) -> str:  # noqa: B006 -- a flow's default, never changed
    return text.join(words, name)


@pytest.fixture
def report(tmp_path):
    return str(greet.save(tmp_path / "greet.flow.json"))


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    monkeypatch.setenv("PERSISTENTAI_URL", f"unix:{tmp_path}/none.sock")


def completed(gateway, **outputs):
    gateway.status = "completed"
    gateway.events = run_of(3)
    gateway.detail = {"outputs": {name: {"json": value} for name, value in outputs.items()}}


def failed(gateway):
    gateway.status = "failed"
    gateway.events = [*run_of(3)[:2], envelope(3, "run.failed", error=ERROR)]
    gateway.detail = {"error": ERROR}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps(command, name):
    said = command(name, "--help")

    assert said.code == 0
    assert f"persistentai {name}" in said.out


def test_run_prints_the_output_alone_on_standard_output(gateway, command, report):
    completed(gateway, result="Hello")

    said = command("run", report, "--input", "name=Ann")

    assert (said.code, said.out) == (0, "Hello\n")
    assert "r-1" in said.err


def test_run_as_json_is_one_object(gateway, command, report):
    completed(gateway, result="Hello", count=2)

    said = command("run", report, "--input", "name=Ann", "--json")

    assert said.code == 0
    assert said.json == {
        "run_id": "r-1", "status": "completed", "outputs": {"result": "Hello", "count": 2},
        "error": None,
    }  # fmt: skip


def test_inputs_are_json_and_text_needs_no_quotes(gateway, command, report):
    completed(gateway, result="")

    command("run", report, "--input", "name=42", "-i", 'words=["a", "b"]')

    assert gateway.bodies[0]["inputs"] == {"name": "42", "words": ["a", "b"]}


@pytest.mark.parametrize("as_json", [False, True])
def test_failed_run_ends_with_one_and_says_what_to_do(gateway, command, report, as_json):
    failed(gateway)

    said = command("run", report, "-i", "name=A", *(["--json"] if as_json else []))

    assert said.code == 1
    if as_json:
        assert said.json["error"] == ERROR
    else:
        assert "Not a list." in said.err
        assert "Make it one." in said.err
        assert said.out == ""


def test_no_wait_returns_at_once_with_the_id(gateway, command, report):
    assert command("run", report, "-i", "name=A", "--no-wait").out == "r-1\n"
    said = command("run", report, "-i", "name=A", "--no-wait", "--json")
    assert said.json == {"run_id": "r-1", "status": "queued", "outputs": {}, "error": None}


def test_refused_run_lists_all_problems(gateway, command, report):
    found = {"code": "cycle", "message": "A circle.", "remedy": "Cut it.", "node": "a", "port": "p"}
    gateway.refusals = [problem("flow_invalid", 422, "1 problem", problems=[found])] * 2

    said = command("run", report, "-i", "name=A")
    told = command("run", report, "-i", "name=A", "--json")

    assert (said.code, told.code) == (2, 2)
    assert "a.p: A circle.\n    → Cut it." in said.err
    assert told.json["error"]["problems"] == [found]
    assert told.json["status"] == "refused"


def test_progress_tells_what_happened_to_each_node(gateway, command, report):
    completed(gateway, result="")
    gateway.events = [
        envelope(1, "run.created", steps=3),
        envelope(2, "node.completed", node="read", duration_s=1.25, outputs={}),
        envelope(3, "node.retried", node="get", cause="failed", wait_s=0.5),
        envelope(4, "node.logged", node="get", level="info", message="still here"),
        envelope(5, "run.recovered", worker="w-2", recorded=1, repeated=1),
        envelope(6, "node.failed", node="get", duration_s=1, error=ERROR),
        envelope(7, "run.completed", outputs={}),
    ]

    said = command("run", report, "-i", "name=A")

    for told in ("✓ read  1.2 s", "↻ get  again (failed)", "still here", "✗ get  Not a list."):
        assert told in said.err
    assert "taken over by w-2: 1 steps kept, 1 begun again" in said.err


def test_run_that_asks_says_how_to_answer(gateway, command, report):
    completed(gateway, result="")
    ask = envelope(2, "human.requested", question="q-1", text="Pay?", choices=["yes", "no"])
    gateway.events = [run_of(3)[0], ask, run_of(3)[2]]

    said = command("run", report, "-i", "name=A")

    assert "persistentai answer r-1 yes|no --question q-1" in said.err


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("missing.flow.json", "cannot be read"),
        ("report.ipynb", "cannot be read"),
        ("report", "names no flow"),
        ("no_such_module_here:flow", "no module 'no_such_module_here'"),
        ("persistentai_lab.examples.penguins:reprot", "It has report."),
    ],
)
def test_flow_that_is_not_there_is_said_in_one_message(command, name, told):
    said = command("run", name)

    assert said.code == 2
    assert told in said.err
    assert "Traceback" not in said.err
    assert said.err.count("→") == 1


def test_broken_module_is_named_with_file_and_line(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken_module_x.py").write_text("a = 1\nb = 1 / 0\n")

    said = command("run", "broken_module_x:flow")

    assert said.code == 2
    assert "ZeroDivisionError" in said.err
    assert "broken_module_x.py, line 2" in said.err


def test_file_that_is_no_flow_is_refused(command, tmp_path):
    path = tmp_path / "x.flow.json"
    path.write_text("{")

    said = command("check", str(path))

    assert said.code == 2
    assert "→" in said.err


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("words", [["runs"], ["events", "r-1"], ["cancel", "r-1"]])
def test_runtime_that_is_down_is_said_with_the_remedy(command, words):
    said = command(*words)

    assert (said.code, said.out) == (1, "")
    assert "persistentai up" in said.err
    assert "Traceback" not in said.err


@pytest.mark.usefixtures("nowhere")
def test_check_plan_and_blocks_need_no_runtime(command, report):
    assert command("check", report).code == 0
    assert "join" in command("plan", report).out
    assert "join" in command("plan", report, "--mermaid").out
    assert command("plan", report, "--json").json
    assert "text.join" in command("blocks").out
    assert any(item["block"] == "text.join" for item in command("blocks", "--json").json)
    assert "in  separator" in command("blocks", "text.join").out


@pytest.mark.usefixtures("nowhere")
def test_check_lists_every_problem_and_ends_with_two(command, tmp_path):
    path = tmp_path / "bad.flow.json"
    nodes = [{"id": "a", "block": "no.such"}, {"id": "b", "block": "text.join"}]
    path.write_text(json.dumps({"schema_version": 1, "name": "bad", "nodes": nodes}))

    said = command("check", str(path), "--json")

    assert said.code == 2
    assert {item["node"] for item in said.json["problems"]} == {"a", "b"}


def test_runs_are_a_table_or_json(gateway, command):
    gateway.status = "failed"

    assert "✗ failed" in command("runs").out
    assert command("runs", "--json").json[0]["run_id"] == "r-1"


def test_events_are_lines_that_go_on_after_a_position(gateway, command):
    gateway.events = run_of(5)

    said = command("events", "r-1", "--after", "3", "--json")
    followed = command("events", "r-1", "--follow")

    assert [json.loads(line)["seq"] for line in said.out.splitlines()] == [4, 5]
    assert "run.completed" in followed.out.splitlines()[-1]


def test_answer_finds_the_only_question(gateway, command):
    gateway.detail = {"questions": [QUESTION]}

    assert command("answer", "r-1", "yes").code == 0

    assert gateway.bodies[-1] == {"answer": "yes", "reason": "", "via": "cli"}


def test_answer_to_several_questions_must_say_which(gateway, command):
    gateway.detail = {"questions": [QUESTION, QUESTION | {"id": "q-2"}]}

    said = command("answer", "r-1", "yes")

    assert said.code == 1
    assert "q-2" in said.err
    assert command("answer", "r-1", "yes", "--question", "q-2").code == 0


@pytest.mark.parametrize("of", ["flow", "event", "block"])
def test_schema_is_json_schema(command, of):
    Draft202012Validator.check_schema(command("schema", of).json)


def test_fault_of_our_own_is_one_message(gateway, command, monkeypatch):
    monkeypatch.setattr("persistentai_lab.client.Client.runs", lambda *_, **__: 1 / 0)

    said = command("runs")

    assert said.code == 1
    assert "A fault of persistentai itself: ZeroDivisionError" in said.err


def test_help_loads_neither_engine_nor_server_nor_data_libraries():
    script = (
        "import sys; sys.argv = ['persistentai', '--help']\n"
        "from persistentai_lab.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = ('dbos', 'fastapi', 'uvicorn', 'httpx', 'pandas', 'psycopg', 'networkx')\n"
        "print([name for name in heavy if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_reader_that_leaves_early_is_no_fault(gateway):
    gateway.events = run_of(2000)
    command = f"{sys.executable} -m persistentai_lab.cli events r-1 | head -1"

    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)

    assert "run.created" in done.stdout
    assert done.stderr == ""


def test_interrupt_stops_watching_and_says_that_the_run_goes_on(gateway, report):
    import signal

    gateway.events = run_of(3)[:2]
    process = subprocess.Popen(
        [sys.executable, "-m", "persistentai_lab.cli", "run", report, "-i", "name=A"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "r-1" in process.stderr.readline()
    while not gateway.afters:
        assert process.poll() is None

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=90)

    assert process.returncode == 130
    assert "goes on" in err
    assert "persistentai cancel r-1" in err
    assert "Traceback" not in err


def test_a_terminal_tells_of_turns_kept_results_and_what_a_run_waits_for(gateway, command, report):
    completed(gateway, result="Hello")
    gateway.events[1:2] = [
        envelope(2, "run.stranded", needs=["numbers.add@2"]),
        envelope(3, "node.delayed", "join", cause="rate", key="a model", until="2026-11-23T11:00Z"),
        envelope(4, "node.reused", "join", source="r-0", block="b", outputs={}, cause="cache"),
        envelope(5, "node.reused", "other", source="r-0", block="b", outputs={}),
    ]
    gateway.events[-1]["seq"] = 6

    said = command("run", report, "--input", "name=Ann").err

    assert "waits for a worker that has numbers.add@2" in said
    assert "join  waits for its turn of a model" in said
    assert "join  kept result" in said
    assert "other  taken over" in said
