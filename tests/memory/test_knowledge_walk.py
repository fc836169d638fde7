"""Knowledge the whole way: by blocks and a person's function in a run, over HTTP, as a client."""

import pytest

from persistentai_lab.errors import MemoryRefused, NotInMemory
from tests.memory.conftest import Live
from tests.runtime import flow, mine, node


def test_a_run_remembers_with_its_step_and_a_person_recalls_it(live: Live) -> None:
    knowledge = live.client.memory.knowledge
    first = knowledge.remember("The boiler was serviced in May.", thread="house")
    run = live.runtime.start(
        flow(
            node("keep", "knowledge.remember", text="Its filter was changed, too.", thread="house"),
            node("mine", mine("learn"), about="boiler"),
            node("find", "knowledge.recall", query="Who repairs the boiler?", limit=2),
            edges=("keep > mine.after", "mine > find.thread"),
            outputs={"kept": "keep", "found": "find"},
        )
    )

    ended = live.runtime.ended(run)

    assert ended["status"] == "completed", ended["error"]
    assert ended["outputs"]["kept"]["json"] > first
    found = ended["outputs"]["found"]["json"]
    assert [hit["text"] for hit in found] == ["boiler repaired by Nadia"]
    assert found[0]["trust"] == "run"
    assert found[0]["source"].startswith(f"run:{run}@")
    texts = [chunk.text for chunk in knowledge.chunks("house")]
    assert texts == ["The boiler was serviced in May.", "Its filter was changed, too."]
    assert [fact.object for fact in knowledge.facts("boiler")] == ["Nadia"]
    written = {
        (event["body"]["layer"], event["body"]["key"])
        for event in live.runtime.events(run)
        if event["body"]["type"] == "memory.written"
    }
    assert ("knowledge", "house") in written


def test_a_client_keeps_closes_and_forgets(live: Live) -> None:
    knowledge = live.client.memory.knowledge
    once = knowledge.remember("Say it once.", thread="t", key="k")
    again = knowledge.remember("Say it once.", thread="t", key="k")
    fact = knowledge.add_fact("Shop", "opens at", 9)
    closed = knowledge.close_fact("Shop", "opens at", because="moved")

    hits = knowledge.recall("say once", thread="t").hits
    gone = knowledge.forget(thread="t")

    assert once == again
    assert closed == [fact]
    assert [hit.text for hit in hits] == ["Say it once."]
    assert gone == {"chunks": 1, "facts": 0}
    assert knowledge.recall("say once", thread="t").hits == ()
    assert knowledge.verify("t")["ok"] is True
    assert [head.thread for head in knowledge.threads("t")] == ["t"]
    with pytest.raises(NotInMemory):
        knowledge.forget(thread="t")
    with pytest.raises(MemoryRefused, match="colour"):
        knowledge._transport.post("/memory/knowledge/recall", {"query": "x", "colour": "red"})
