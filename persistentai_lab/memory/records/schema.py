"""Whether documents fit the JSON Schema of their collection. Nothing is ever fetched for it.

In Rust, with a regular-expression engine whose time is linear: nobody's schema can hold a process.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ...errors import MisfitDocument, SchemaInvalid
from ...ids import JsonSchema
from .fields import pointer

if TYPE_CHECKING:
    import jsonschema_rs

PROBLEMS_TOLD = 20
SCHEMA_MAX = 256 * 1024


def check_schema(schema: JsonSchema) -> None:
    """Raise `SchemaInvalid` if it is no JSON Schema (2020-12)."""
    _validator(_text(schema))


def check_document(name: str, body: Mapping[str, Any], schema: JsonSchema) -> None:
    """Raise `MisfitDocument` with all that is wrong, each with its place."""
    if not (problems := misfits(body, schema)):
        return
    more = len(problems) - PROBLEMS_TOLD
    told = "; ".join(problems[:PROBLEMS_TOLD]) + (f"; and {more} more" if more > 0 else "")
    raise MisfitDocument(
        f"{name!r} does not fit the schema of its collection: {told}.",
        remedy="Correct the places named, or change the schema.",
        problems=problems,
    )


def misfits(body: Mapping[str, Any], schema: JsonSchema) -> list[str]:
    """What is wrong with a document: the place as a JSON Pointer, and what is there."""
    found = _validator(_text(schema)).iter_errors(body)
    return [f"{pointer(list(each.instance_path)) or '(document)'}: {each.message[:300]}"
            for each in found]  # fmt: skip


def _text(schema: JsonSchema) -> str:
    text = json.dumps(schema, sort_keys=True)
    if len(text) > SCHEMA_MAX:
        raise SchemaInvalid(
            f"The schema has {len(text):,} characters, and {SCHEMA_MAX:,} are allowed.",
            remedy="Describe less, or keep parts of it in other collections.",
        )
    return text


@lru_cache(maxsize=64)
def _validator(text: str) -> "jsonschema_rs.Draft202012Validator":
    import jsonschema_rs

    try:
        return jsonschema_rs.Draft202012Validator(
            json.loads(text),
            validate_formats=True,
            retriever=_fetch_nothing,
            pattern_options=jsonschema_rs.RegexOptions(),
        )
    except (jsonschema_rs.ValidationError, ValueError) as error:
        said = getattr(error, "message", str(error))
        raise SchemaInvalid(
            f"This is no JSON Schema: {said[:500]}.",
            remedy="Write it in draft 2020-12, whole: it may refer to `#/$defs/…`, to nothing "
            "outside; patterns have no look-around.",
        ) from None


def _fetch_nothing(uri: str) -> Any:
    raise ValueError("nothing outside the schema is fetched")
