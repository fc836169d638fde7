import pytest

from persistentai_lab.blocks.checks import ensure
from persistentai_lab.blocks.checks.ensure import CheckFailed


def test_hands_the_value_on_when_the_condition_holds() -> None:
    assert ensure([1], that=True) == [1]


def test_fails_with_its_message_otherwise_and_does_not_try_again() -> None:
    with pytest.raises(CheckFailed, match="Too few penguins") as caught:
        ensure([1], that=False, message="Too few penguins.")

    assert caught.value.code == "check_failed"
    assert not caught.value.retryable
