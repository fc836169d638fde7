"""A signed identity says the same on the other side, for a minute, and nothing else is believed."""

import base64
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.errors import AccessDenied
from persistentai_lab.ids import DEFAULT_WORKSPACE, Workspace
from persistentai_lab.security.identity import VALID_FOR_S, Identity, sign, verify

KEY = b"k" * 32
NOW = 1_795_435_200.0
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


@given(user=names, workspace=names.map(Workspace))
def test_arrives_as_it_was_sent(user: str, workspace: Workspace) -> None:
    identity = Identity(user=user, workspace=workspace)

    assert verify(sign(identity, KEY, NOW), KEY, NOW) == identity


@given(data=st.data())
def test_a_header_with_any_one_letter_changed_is_refused(data: st.DataObject) -> None:
    header = sign(Identity(user="ada"), KEY, NOW)
    place = data.draw(st.integers(0, len(header) - 1))
    letter = data.draw(st.characters().filter(lambda letter: letter != header[place]))

    with pytest.raises(AccessDenied):
        verify(header[:place] + letter + header[place + 1 :], KEY, NOW)


@given(st.text())
def test_nonsense_is_refused(header: str) -> None:
    with pytest.raises(AccessDenied):
        verify(header, KEY, NOW)


def test_another_key_is_refused() -> None:
    with pytest.raises(AccessDenied, match="wrong signature"):
        verify(sign(Identity(user="ada"), b"x" * 32, NOW), KEY, NOW)


def test_a_claim_whose_signature_was_taken_from_another_is_refused() -> None:
    _, _, signature = sign(Identity(user="ada"), KEY, NOW).partition(".")
    claim = json.dumps({"user": "root", "workspace": "default", "exp": 2**40}).encode()
    forged = base64.urlsafe_b64encode(claim).rstrip(b"=").decode()

    with pytest.raises(AccessDenied, match="wrong signature"):
        verify(f"{forged}.{signature}", KEY, NOW)


def test_holds_until_it_expires() -> None:
    header = sign(Identity(user="ada"), KEY, NOW)

    verify(header, KEY, NOW + VALID_FOR_S - 1)
    with pytest.raises(AccessDenied, match="expired"):
        verify(header, KEY, NOW + VALID_FOR_S)


def test_the_local_identity_is_the_user_of_the_operating_system() -> None:
    script = "import getpass; print(getpass.getuser())"
    name = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.strip()

    assert Identity.local() == Identity(user=name, workspace=DEFAULT_WORKSPACE)
