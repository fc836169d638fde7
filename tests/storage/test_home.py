"""A home is private, and every process finds the same short socket paths in it."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.errors import Unavailable
from persistentai_lab.storage.home import DATABASE_VARIABLE, HOME_VARIABLE, Home

LONG = "a-rather-long-name" * 9


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_is_closed_to_others(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "new" / "home")

    assert {mode(path) for path in (home.path, home.logs, home.blobs)} == {0o700}


def test_the_environment_names_it(tmp_path: Path) -> None:
    environment = {HOME_VARIABLE: str(tmp_path / "h"), DATABASE_VARIABLE: "postgresql://db/x"}

    home = Home.open(environment=environment)

    assert home.path == tmp_path / "h"
    assert home.database_url == "postgresql://db/x"


def test_without_a_database_of_its_own_it_is_the_embedded_one(home: Home) -> None:
    assert home.database_url == home.embedded_database_url
    assert str(home.postgres_socket_dir) in home.database_url


def test_an_open_folder_that_holds_other_things_is_refused_and_left_as_it_is(
    tmp_path: Path,
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "thesis.txt").touch()

    with pytest.raises(Unavailable, match="open to other users"):
        Home.open(shared)
    assert mode(shared) == 0o755


def test_an_empty_folder_becomes_a_home(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir(mode=0o755)

    assert mode(Home.open(empty).path) == 0o700


def test_a_place_that_cannot_be_made_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Unavailable) as caught:
        Home.open(tmp_path / "file" / "home")
    assert HOME_VARIABLE in caught.value.remedy


def test_a_user_without_a_home_folder_is_told_what_to_set() -> None:
    with pytest.raises(Unavailable) as caught:
        Home.open(Path("~no-such-user-here/x"))
    assert HOME_VARIABLE in caught.value.remedy


@given(parts=st.lists(st.text("abcä-", min_size=1, max_size=60), max_size=6))
def test_socket_paths_are_short_however_long_the_home(
    parts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = Home.open(tmp_path_factory.mktemp("h").joinpath(*parts))

    for folder in (home.socket_dir, home.postgres_socket_dir):
        assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= 107
    assert mode(home.socket_dir) == 0o700
    if home.socket_dir.parent == Path("/tmp"):
        home.socket_dir.rmdir()


def test_every_process_finds_the_same_sockets_whatever_its_environment(tmp_path: Path) -> None:
    one = Home.open(tmp_path / LONG, {"XDG_RUNTIME_DIR": "/run/user/1", "TMPDIR": "/var/tmp"})
    other = Home.open(tmp_path / LONG, {})

    assert one.gateway_socket == other.gateway_socket
    one.socket_dir.rmdir()


def test_two_homes_never_share_their_sockets(tmp_path: Path) -> None:
    homes = [Home.open(tmp_path / LONG / name) for name in ("a", "b")]

    assert homes[0].socket_dir != homes[1].socket_dir
    for home in homes:
        home.socket_dir.rmdir()


@pytest.mark.parametrize("trap", ["symlink", "open", "file"])
def test_a_socket_folder_that_somebody_else_laid_out_is_refused(tmp_path: Path, trap: str) -> None:
    home = Home.open(tmp_path / LONG)
    place = home.socket_dir
    place.rmdir()
    if trap == "symlink":
        place.symlink_to(tmp_path)
    elif trap == "open":
        place.mkdir()
        place.chmod(0o777)
    else:
        place.touch()

    try:
        with pytest.raises(Unavailable, match="not a private folder"):
            _ = home.socket_dir
    finally:
        place.rmdir() if trap == "open" else place.unlink()


def test_opening_a_home_again_finds_the_same_one(tmp_path: Path) -> None:
    first = Home.open(tmp_path / "home", {})

    assert Home.open(tmp_path / "home", {}) == first
    assert Home.open(tmp_path / "x" / ".." / "home", {}) == first
