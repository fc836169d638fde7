from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.objects import get, put


@given(st.dictionaries(st.text(), st.integers()), st.text(), st.integers())
def test_what_was_put_is_there_and_the_object_it_came_from_is_unchanged(
    into: dict[str, Any], key: str, value: int
) -> None:
    before = dict(into)

    after = put(key, value, into)

    assert get(after, key) == value
    assert into == before
    assert {k: v for k, v in after.items() if k != key} == {
        k: v for k, v in before.items() if k != key
    }
