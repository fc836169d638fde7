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


def test_a_file_leads_to_the_runs_that_used_it(live: Live) -> None:
    files = live.client.memory.files
    files.write("used/a.txt", "one")
    run = live.runtime.start(flow(node("look", "files.read_text", path="used/a.txt")))
    live.runtime.ended(run)

    def uses(**params: str) -> list[tuple[str, str, bool]]:
        asked = {"id": "main/used/a.txt", **params}
        entry = live.client._transport.get("/memory/browse/files/entry", asked)
        return [
            (use["id"].partition("/")[0], use["mode"], use["is_shown"]) for use in entry["uses"]
        ]

    assert uses() == [(run, "read", True)]
    first = files.log("used/a.txt")[0].id
    files.write("used/a.txt", "two")
    assert uses() == [(run, "read", False)], "it read another version than the newest"
    assert uses(version=first) == [(run, "read", True)]
    written = files.log("used/a.txt")[-1].at
    assert uses(at=written.isoformat()) == [], "nobody had read it then"
