"""Priorities and limits as people use them: over HTTP, by the client, in a terminal, in Python."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import numbers
from persistentai_lab.cli import main
from persistentai_lab.client import Client
from persistentai_lab.engine.commands.limits import LimitNotFound
from persistentai_lab.engine.commands.priority import PriorityInvalid, priority_of
from tests.gateway.conftest import Gateway
from tests.runtime import Runtime, flow, node, until

ADD = flow(node("a", "numbers.add", left=1, right=2), outputs={"sum": "a"})


@dataclass
class Said:
    code: Any
    out: str
    err: str


@pytest.fixture
def client(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    gateway.start()
    monkeypatch.setenv("PERSISTENTAI_URL", f"unix:{gateway.socket}")
    with Client() as client:
        yield client


@pytest.fixture
def command(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    def run(*words: str) -> Said:
        monkeypatch.setattr("sys.argv", ["persistentai", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main()
        said = capsys.readouterr()
        return Said(caught.value.code, said.out, said.err)

    return run


def test_the_urgent_go_first_once_there_is_room(client: Client, runtime: Runtime) -> None:
    client.set_limit(0)
    runtime.worker()
    low = client.start(ADD, priority="low").run_id
    normal = client.start(ADD).run_id
    later = client.start(ADD, priority=101).run_id
    high = client.start(ADD, priority="high").run_id
    assert [runtime.run(run)["status"] for run in (low, normal, later, high)] == ["queued"] * 4

    client.set_limit(1)

    for run in (low, normal, later, high):  # type: ignore[assignment]
        runtime.ended(run)  # type: ignore[arg-type]
    begun = runtime.rows("SELECT id FROM pai.run ORDER BY started_at")
    assert [row["id"] for row in begun] == [high, normal, later, low]


def test_a_flow_of_a_notebook_says_how_urgent_it_is(client: Client, runtime: Runtime) -> None:
    @pai.flow
    def total(a: float) -> float:
        return numbers.add(a, 1)

    run = total.run(a=1, priority="high", client=client)

    assert runtime.run(run.id)["priority"] == 10


def test_the_terminal_says_how_urgent_and_how_many(
    command: Callable[..., Said], runtime: Runtime, tmp_path: Any
) -> None:
    @pai.flow
    def total(a: float = 1) -> float:
        return numbers.add(a, 1)

    path = str(total.save(tmp_path / "total.flow.json"))

    assert "No limits" in command("limits").out
    assert command("limits", "set", "0", "total").out == "total: 0 at once.\n"
    assert command("run", path, "--priority", "low", "--no-wait").code == 0
    listed = command("limits", "list").out.splitlines()[1].split()
    assert listed[:4] == ["total", "0", "0", "1"]
    assert runtime.rows("SELECT priority FROM pai.run") == [{"priority": 1000}]
    assert command("limits", "remove", "total").code == 0
    gone = command("limits", "remove", "total")
    assert (gone.code, "no limit" in gone.err, "persistentai limits" in gone.err) == (1, True, True)
    refused = command("run", path, "--priority", "soon", "--no-wait")
    assert (refused.code, "high, normal or low" in refused.err) == (1, True)


def test_a_limit_that_is_lifted_lets_runs_go_on_by_themselves(
    client: Client, runtime: Runtime
) -> None:
    client.set_limit(0, flow=ADD.name)
    runtime.worker()
    run = runtime.start(ADD)
    (limit,) = client.limits()
    assert (limit.flow, limit.at_once, limit.queued) == (ADD.name, 0, 1)

    client.remove_limit(flow=ADD.name)

    assert runtime.ended(run)["status"] == "completed"
    until(lambda: client.limits() == [], "there is no limit any more")


@pytest.mark.parametrize("wish", [0, 1001, -1, "urgent", "", "1.5", "²", True])
def test_what_is_no_priority_is_refused_with_what_is(wish: Any) -> None:
    with pytest.raises(PriorityInvalid, match="high, normal or low"):
        priority_of(wish)


def test_words_and_numbers_are_priorities_and_nothing_said_is_normal() -> None:
    wishes = ("high", "normal", "low", None, 1, "1000")

    assert [priority_of(wish) for wish in wishes] == [10, 100, 1000, 100, 1, 1000]


def test_bad_limits_have_codes_and_remedies(client: Client, gateway: Gateway) -> None:
    with pytest.raises(LimitNotFound, match="no limit"):
        client.remove_limit(flow="a/b c")

    negative = gateway.http.put("/limits", json={"at_once": -1})
    assert (negative.status_code, negative.json()["code"]) == (422, "limit_invalid")
    assert negative.json()["remedy"]
    for body in ({"at_once": "3"}, {"at_once": True}, {"at_once": 1, "more": 1}, {}):
        answer = gateway.http.put("/limits/f", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")
    soon = gateway.http.post(
        "/runs", json={"flow": ADD.model_dump(mode="json"), "priority": "soon"}
    )
    assert (soon.status_code, soon.json()["code"]) == (422, "priority_invalid")
    nul = gateway.http.put("/limits/%00", json={"at_once": 1})
    assert (nul.status_code, nul.json()["code"]) == (422, "unstorable")
