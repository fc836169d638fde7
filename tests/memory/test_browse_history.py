"""What runs did, in the tree: from a flow to its steps, and on to what they wrote."""

from typing import Any

from tests.memory.conftest import Live
from tests.runtime import flow, node


def test_a_run_leads_to_what_it_wrote_and_back(live: Live) -> None:
    run = live.runtime.start(flow(node("say", "feed.append", feed="room/h", body={"text": "Hi"})))
    live.runtime.ended(run)

    def ask(path: str, **params: str) -> Any:
        return live.client._transport.get(f"/memory/browse/{path}", params)

    def ids(under: str) -> list[str]:
        return [item["id"] for item in ask("history", under=under)["items"]]

    (step,) = ids(run)
    wrote = ask("history/entry", id=step)
    (to,) = [link for link in wrote["links"] if link["says"] == "Wrote"]
    entry = ask(f"{to['layer']}/entry", id=to["id"])

    assert ids("") == ["@test"]
    assert run in ids("@test")
    assert wrote["shown"]["value"]["outputs"] == {"result": 1}
    assert ask("history/entry", id=run)["links"] == [to]
    assert (entry["title"], entry["links"][0]["id"]) == ("room/h #1", step)
    assert {each["id"] for each in ask("search", text="test")["found"]["history"]} >= {run}
