"""Secrets are made once and are nobody else's to read."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from persistentai_lab.errors import AccessDenied
from persistentai_lab.security.secret import ensure_token, identity_key
from persistentai_lab.storage.home import Home


def test_the_token_stays_the_same(home: Home) -> None:
    token = ensure_token(home)

    assert ensure_token(home) == token
    assert len(token) >= 32


def test_only_its_owner_may_read_it(home: Home) -> None:
    ensure_token(home)
    identity_key(home)

    for path in (home.token_file, home.identity_key_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_those_who_come_together_get_the_same_key(home: Home) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(identity_key, [home] * 32))

    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert not [path for path in home.path.iterdir() if path.name.startswith(".")]


def test_a_token_that_others_may_read_is_refused(home: Home) -> None:
    ensure_token(home)
    home.token_file.chmod(0o644)

    with pytest.raises(AccessDenied) as caught:
        ensure_token(home)
    assert "chmod 600" in caught.value.remedy
