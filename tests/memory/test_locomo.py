"""A file in LoCoMo's form is read, however loose it is."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def locomo(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The benchmark's reader: it is no part of the package."""
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    from support import locomo

    return locomo


def test_turns_have_their_speaker_session_time_and_picture(locomo: Any) -> None:
    (talk,) = locomo.talks_of([{
        "sample_id": "conv-1",
        "conversation": {
            "speaker_a": "Ada", "speaker_b": "Bob",
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [
                {"speaker": "Ada", "dia_id": "D1:1", "text": "Look!",
                 "img_url": ["https://example.org/a.jpg"], "blip_caption": "a photo of a cat",
                 "query": "cat"},
                {"speaker": "Bob", "dia_id": "D1:2", "text": "Nice."},
            ],
            "session_10_date_time": "12:09 am on 13 September, 2023",
            "session_10": [{"speaker": "Bob", "dia_id": "D10:1", "text": "Late."}],
            "session_2_date_time": "nobody knows",
            "session_2": [{"speaker": "Ada", "dia_id": "D2:1", "text": "Soon."}],
        },
        "qa": [{"question": "What did Ada show?", "answer": "a cat", "evidence": ["D1:1"],
                "category": 4}],
    }])  # fmt: skip

    assert [turn.text for turn in talk.turns] == [
        "Ada: Look! [shows a photo of a cat]", "Bob: Nice.", "Ada: Soon.", "Bob: Late.",
    ]  # fmt: skip
    assert [turn.session for turn in talk.turns] == [1, 1, 2, 10]
    assert len({turn.thread for turn in talk.turns}) == 3
    assert talk.turns[0].at == datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
    assert talk.turns[2].at == locomo.LONG_AGO
    assert talk.turns[3].at == datetime(2023, 9, 13, 0, 9, tzinfo=UTC)
    assert talk.questions[0].evidence == {"D1:1"}


@pytest.mark.parametrize(
    ("evidence", "names"),
    [
        (["D1:3"], ["D1:3"]),
        (["D1:3; D2:4"], ["D1:3", "D2:4"]),
        (["D8:6; D9:17", "D1:1"], ["D8:6", "D9:17", "D1:1"]),
        (["D:11:26"], ["D11:26"]),
        (["D30:05"], ["D30:5"]),
        (["D9:1 D4:4 D4:6"], ["D9:1", "D4:4", "D4:6"]),
        (["D"], []),
        ("D1:3", ["D1:3"]),
        ([], []),
        (None, []),
        ([None, 7], []),
    ],
)
def test_evidence_is_read_as_it_is_written(locomo: Any, evidence: Any, names: list[str]) -> None:
    assert locomo.names_in(evidence) == names


def test_what_cannot_be_measured_is_left_out_and_counted(locomo: Any) -> None:
    said = {"session_1": [{"speaker": "Ada", "dia_id": "D1:1", "text": "Yes."}]}
    asked: list[dict[str, Any]] = [
        {"question": "Kept?", "evidence": ["D1:1", "D9:9"], "category": 1},
        {"question": "Adversarial?", "evidence": ["D1:1"], "category": 5,
         "adversarial_answer": "no"},
        {"question": "Of a turn that is not there?", "evidence": ["D7:1"], "category": 2},
        {"question": "Of nothing?", "evidence": [], "category": 3},
        {"question": "Without evidence?", "category": 4},
        {"evidence": ["D1:1"], "category": 4},
    ]  # fmt: skip

    (talk,) = locomo.talks_of([{"sample_id": "a", "conversation": said, "qa": asked}])

    assert [(q.text, q.evidence) for q in talk.questions] == [("Kept?", {"D1:1"})]
    assert talk.left_out == 5


def test_missing_fields_are_no_reason_to_give_up(locomo: Any) -> None:
    said = {
        "session_1": [{"speaker": "Ada", "text": "No id."}, {"dia_id": "D1:2", "text": "Nobody."},
                      {"speaker": "Bob", "dia_id": "D1:3", "text": ""},
                      {"speaker": "Bob", "dia_id": "D1:4", "img_url": ["x"], "query": "a dog"},
                      {"speaker": "Bob", "dia_id": "D1:4", "text": "The same id again."}],
        "session_2_date_time": "9:00 am on 1 May, 2023",
        "session_3": None,
    }  # fmt: skip

    one, two = locomo.talks_of([{"conversation": said}, {"conversation": {}, "qa": None}])

    assert [(turn.name, turn.text) for turn in one.turns] == [
        ("D1:1", "Ada: No id."), ("D1:2", "Nobody."), ("D1:4", "Bob: [shows a dog]"),
    ]  # fmt: skip
    assert (one.questions, two.turns, two.questions) == ((), (), ())
    assert one.name != two.name


def test_another_form_is_refused(locomo: Any, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps([{"dialogue": []}]), encoding="utf-8")

    with pytest.raises(ValueError, match="LoCoMo's form"):
        locomo.read(path)


def test_our_own_conversations_are_of_that_form(locomo: Any) -> None:
    from support.talks import talks

    made = talks(3, 1)
    ours = locomo.read(BENCH / "data" / "conversations.json")
    (talk,) = locomo.talks_of(made)

    assert made == talks(3, 1) != talks(4, 1)
    assert sum(len(each.questions) for each in ours) == 67
    assert 500 < len(talk.turns) < 900
    assert {question.category for question in talk.questions} == {1, 2, 3, 4}
    assert talk.left_out == 1
