import re

from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.text import slug


@given(st.text(), st.integers(1, 20))
def test_a_slug_is_safe_and_is_its_own_slug(text: str, longest: int) -> None:
    made = slug(text, longest=longest)

    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", made)
    assert len(made) <= longest
    assert slug(made) == made


def test_nothing_is_left_of_what_has_no_latin_letters() -> None:
    assert slug("企鹅!") == ""
