import pytest

from persistentai_lab.blocks import text
from persistentai_lab.flow.flow import flow
from tests.client.gateway_double import problem, run_of


@flow
def greet(name: str) -> str:
    return text.upper(text.join(["Hello"], name))


@pytest.fixture
def past(gateway):
    """A run of `greet` that has ended, and its fork, which has too."""
    gateway.flow = greet.spec.model_dump(mode="json", exclude_unset=True)
    gateway.status = "completed"
    gateway.events = run_of(3)
    gateway.detail = {"outputs": {"result": {"json": "HELLO"}}}
    return gateway


def asked(gateway):
    return next(body for body in gateway.bodies if body is not None)


def test_fork_prints_the_outputs_of_the_new_run(past, command):
    said = command("fork", "r-0")

    assert (said.code, said.out) == (0, "HELLO\n")
    assert asked(past) == {"at": None, "values": {}, "inputs": {}}


def test_set_is_about_the_node_at_or_names_its_own(past, command):
    command("fork", "r-0", "--at", "join", "--set", 'items=["Bye"]', "--set", "upper.text=7")

    assert asked(past) == {
        "at": "join",
        "values": {"join": {"items": ["Bye"]}, "upper": {"text": "7"}},
        "inputs": {},
    }


def test_fork_on_other_inputs_takes_them_as_run_does(past, command):
    command("fork", "r-0", "-i", "name=42")

    assert asked(past)["inputs"] == {"name": "42"}


@pytest.mark.parametrize("change", ["items=1", "nobody.items=1"])
def test_set_without_a_node_says_which_there_are(past, command, change):
    said = command("fork", "r-0", "--set", change)

    assert said.code == 1
    assert "join, upper" in said.err


def test_refused_fork_says_why(past, command):
    past.refusals = [None, problem("write_in_doubt", 409, "'pay' began.")]

    said = command("fork", "r-0", "--json")

    assert (said.code, said.json["error"]["code"]) == (1, "write_in_doubt")
    assert "'pay' began." in said.err


VALUE = {"media_type": "application/json", "size": 5, "sha256": None, "about": None, "head": None}
FOUND = {
    "source": "r-0", "source_status": "completed", "verdict": "identical", "recomputed": 2,
    "taken": 1, "unrecorded": 0, "difference": None, "different": 0, "needs": [],
}  # fmt: skip
DIFFERENCE = {
    "node": "join", "path": "s0", "port": "result", "what": '"a" → "b"',
    "inputs": {"items": VALUE | {"preview": ["x"]}},
    "recorded": VALUE | {"preview": "a"}, "recorded_error": None,
    "recomputed": VALUE | {"preview": "b"}, "recomputed_error": None,
}  # fmt: skip
NEED = {
    "node": "ask",
    "error": {"code": "block_unavailable", "message": "No.", "remedy": "Get it."},
}


@pytest.mark.parametrize(
    ("found", "code", "told"),
    [
        ({}, 0, ["✓ identical: 2 computed again, 1 taken from the record"]),
        (
            {"verdict": "different", "difference": DIFFERENCE, "different": 2},
            3,
            ['join.result: "a" → "b"', 'given items = ["x"]', 'recorded:   "a"', "first of 2"],
        ),
        ({"verdict": "incomplete", "needs": [NEED]}, 4, ["ask could not be computed: No.", "Get"]),
        ({"source_status": "running"}, 0, ["identical so far (it has not ended)"]),
    ],
)
def test_replay_says_what_came_of_it_and_its_exit_code_too(past, command, found, code, told):
    past.detail = {"outputs": {"result": {"json": FOUND | found}}}

    said = command("replay", "r-0")
    as_json = command("replay", "r-0", "--json")

    assert said.code == code, said.err
    for words in told:
        assert words in said.out
    assert (as_json.code, as_json.json) == (code, {"run_id": "r-1", **FOUND, **found})
    assert past.requests[0].url.path.endswith("/runs/r-0/replay")


def test_replay_that_only_shows_starts_nothing(past, command):
    said = command("replay", "r-1", "--no-verify")

    assert (said.code, said.out) == (0, "HELLO\n")
    assert "as recorded" in said.err
    assert {request.method for request in past.requests} == {"GET"}
