"""One thing said in a feed, the whole way: by a block, by a person's function, over HTTP."""

from tests.memory.conftest import Live
from tests.runtime import ME, flow, mine, node


def test_a_block_a_cells_function_and_a_person_speak_in_one_feed(live: Live) -> None:
    first = live.client.memory.feed.append("room/a", {"text": "Hello"}, key="hello")
    again = live.client.memory.feed.append("room/a", {"text": "Hello"}, key="hello")
    run = live.runtime.start(
        flow(
            node("say", "feed.append", feed="room/a", body={"n": 1}),
            node("reply", mine("reply"), feed="room/a"),
            node("read", "feed.read", feed="room/a"),
            edges=("say > reply", "reply.result > read.after"),
            outputs={"said": "say", "over": "reply", "rest": "read"},
        )
    )

    ended = live.runtime.ended(run)
    entries = live.client.memory.feed.read("room/a")

    assert (first, again) == (1, 1)
    assert ended["status"] == "completed", ended["error"]
    assert ended["outputs"] == {
        "said": {"json": 2}, "over": {"json": 4}, "rest": {"json": []},
    }  # fmt: skip
    assert [(entry.seq, entry.kind, entry.body) for entry in entries] == [
        (1, "message", {"text": "Hello"}),
        (2, "message", {"n": 1}),
        (3, "reply", {"seen": 2}),
        (4, "message", "over"),
    ]
    assert [entry.run for entry in entries] == [None, run, run, run]
    assert {entry.owner for entry in entries} == {ME.user}
    written = [
        (event["body"]["layer"], event["body"]["key"], event["body"]["version"])
        for event in live.runtime.events(run)
        if event["body"]["type"] == "memory.written"
    ]
    assert written == [("feed", "room/a", 2), ("feed", "room/a", 3), ("feed", "room/a", 4)]


def test_what_memory_refuses_fails_the_step_and_writes_nothing(live: Live) -> None:
    run = live.runtime.start(flow(node("say", "feed.append", feed="room/b", body="\0")))

    error = live.runtime.ended(run)["error"]

    assert error["code"] == "memory_refused"
    assert "NUL" in error["message"]
    assert error["remedy"]
    assert live.client.memory.feed.read("room/b") == []


def test_what_memory_has_not_fails_the_step_that_asked_and_holds_up_nobody(live: Live) -> None:
    run = live.runtime.start(flow(node("read", "files.read_text", path="never/was.txt")))
    other = live.runtime.start(flow(node("say", "feed.append", feed="room/c", body=1)))

    assert live.runtime.ended(run)["error"]["code"] == "not_in_memory"
    assert live.runtime.ended(other)["status"] == "completed"
