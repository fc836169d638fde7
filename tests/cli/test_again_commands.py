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
