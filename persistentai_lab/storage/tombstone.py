"""What is left of a value that was let go of: when, how large it was, its hash. Never the value."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..flow.payload import JSON
from ..ids import Json

GONE = "… no longer kept"
"""In the place of a line that a node said."""
_MARKS = ('"media_type"', '"node.logged"')
"""What the text of an event has in it that speaks of values."""


def digest(text: str) -> bytes:
    """Hash of a value's text as it was recorded."""
    return hashlib.sha256(text.encode()).digest()


def entombed(values: Mapping[str, Any], at: datetime) -> dict[str, Json]:
    """Recorded values, by name, without the values. What is one already stays as it is."""
    return {name: _tombstone(value, at) for name, value in values.items()}


def _tombstone(value: Any, at: datetime) -> Json:
    if "expired_at" in value:
        kept: Json = value
        return kept
    if "ref" in value:
        what = {"sha256": value["ref"], "size": value["size"], "media_type": value["media_type"]}
        return {"expired_at": at.isoformat(), **what}
    return of_json(value["json"], at)


def of_json(value: Json, at: datetime) -> Json:
    """The tombstone of a JSON value; its hash is that of its compact text, keys as recorded."""
    text = json.dumps(value, separators=(",", ":"))
    return {
        "expired_at": at.isoformat(),
        "sha256": digest(text).hex(),
        "size": len(text),
        "media_type": JSON,
    }


def told_without(body: str, at: datetime) -> str | None:
    """The text of an event without the values it shows; None if it shows none."""
    if not any(mark in body for mark in _MARKS):
        return None
    event = json.loads(body)
    if event["type"] == "node.logged":
        event |= {"message": GONE, "expired_at": at.isoformat()}
    elif not _blank(event, at):
        return None
    if event["type"] == "human.answered" and event.get("value"):
        event["answer"] = GONE  # the beginning of what was said, not a choice
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def _blank(thing: Any, at: datetime) -> bool:
    """Take previews out of whatever speaks of a value. Whether there was any."""
    if isinstance(thing, list):
        return any([_blank(each, at) for each in thing])
    if not isinstance(thing, dict):
        return False
    if "media_type" in thing and "size" in thing:
        thing |= {"preview": None, "head": None, "expired_at": at.isoformat()}
        return True
    return any([_blank(each, at) for each in thing.values()])
