"""What people are asked, over HTTP: listed, answered, refused with a code and a remedy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from persistentai_lab.client import Client
from persistentai_lab.client.address import Address
from persistentai_lab.errors import AnsweredAlready, EditInvalid, NotAsked, WrongAnswer
from persistentai_lab.flow.model import Approval, Policy
from persistentai_lab.ids import Json
from tests.gateway.conftest import Gateway
from tests.ledger import Ledger
from tests.runtime import ME, Runtime, flow, mine, node


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[tuple[Runtime, Gateway]]:
    folder, url = tmp_path_factory.mktemp("people"), make_database()
    gateway = Gateway(folder, url)
    with Runtime(folder, url) as runtime:
        runtime.worker()
        gateway.start()
        yield runtime, gateway
        gateway.stop()


@pytest.fixture
def runtime(place: tuple[Runtime, Gateway]) -> Runtime:
    return place[0]


@pytest.fixture
def gateway(place: tuple[Runtime, Gateway]) -> Gateway:
    return place[1]


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Client]:
    with Client(Address(socket=Path(gateway.socket))) as client:
        yield client


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger() as ledger:
        yield ledger


def test_what_waits_is_listed_with_what_it_is_about_and_mine_are_those_i_may_answer(
    runtime: Runtime, client: Client
) -> None:
    mine_ = runtime.start(
        flow(node("a", "human.ask", text="Well?", shown=[1, 2], to=[ME.user], expires_s=9_000))
    )
    theirs = runtime.start(flow(node("a", "human.ask", text="Well?", to=["somebody-else"])))
    runtime.reached(mine_, "waiting"), runtime.reached(theirs, "waiting")

    found = {item.run_id: item for item in client.questions()}
    only = {item.run_id for item in client.questions(mine=True)}

    assert {mine_, theirs} <= set(found)
    assert mine_ in only
    assert theirs not in only
    asked = found[mine_]
    assert (asked.kind, asked.text, asked.flow) == ("ask", "Well?", "test")
    assert asked.inputs is not None
    assert client.value(asked.inputs["shown"]) == [1, 2]
    assert asked.due is not None
    (summary,) = [run for run in client.runs() if run.run_id == mine_]
    assert summary.questions == 1

    runtime.cancel(mine_)
    runtime.cancel(theirs)

    assert {mine_, theirs}.isdisjoint(item.run_id for item in client.questions())
    (summary,) = [run for run in client.runs() if run.run_id == mine_]
    assert summary.questions == 0, "a run that ended asks nothing"


def test_an_approval_is_given_over_http_and_says_where(
    runtime: Runtime, client: Client, ledger: Ledger
) -> None:
    policy = Policy(approval=Approval(text="Pay?"))
    pay = node("pay", mine("pay"), policy, address=ledger.address, name="paid")
    run = runtime.start(flow(pay))
    question = runtime.asked(run)["id"]
    with pytest.raises(EditInvalid) as caught:
        client.answer(run, question, "edit", inputs={"name": 1, "nothing": 2})
    assert [found.code for found in caught.value.problems] == ["bad_value", "unknown_port"]

    client.answer(run, question, "edit", inputs={"name": "less"}, reason="Cheaper.", via="panel")

    assert runtime.ended(run)["status"] == "completed"
    assert ledger.counts() == {"less": 1}
    (kept,) = client.run(run).questions
    assert (kept.answer, kept.answered_by) == (
        {"choice": "edit", "inputs": {"name": "less"}},
        ME.user,
    )
    assert (kept.reason, kept.answered_from) == ("Cheaper.", "panel")
    with pytest.raises(AnsweredAlready, match=f"{ME.user} has answered") as late:
        client.answer(run, question, "approve")
    assert late.value.http_status == 409


@pytest.mark.parametrize(
    ("values", "said", "refusal", "status"),
    [
        ({"answer": "integer"}, "seven", WrongAnswer, 422),
        ({"to": ["somebody-else"]}, "yes", NotAsked, 403),
    ],
)
def test_a_refusal_has_a_code_and_a_remedy(
    runtime: Runtime,
    gateway: Gateway,
    client: Client,
    values: dict[str, Json],
    said: Json,
    refusal: type[Exception],
    status: int,
) -> None:
    run = runtime.start(flow(node("a", "human.ask", text="Well?", **values)))
    question = runtime.asked(run)["id"]

    with pytest.raises(refusal):
        client.answer(run, question, said)

    path = f"/runs/{run}/questions/{question.replace('#', '%23')}/answer"
    problem = gateway.http.post(path, json={"answer": said})
    assert problem.status_code == status
    assert problem.json()["code"] == refusal.code  # type: ignore[attr-defined]
    assert problem.json()["remedy"]
    runtime.cancel(run)


def test_the_interface_is_published(gateway: Gateway) -> None:
    paths = gateway.http.get("/openapi.json").json()["paths"]

    prefix = "/persistentai/api/v1"
    assert "get" in paths[f"{prefix}/questions"]
    assert "post" in paths[f"{prefix}/runs/{{run_id}}/questions/{{question_id}}/answer"]
