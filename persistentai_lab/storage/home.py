"""Where a local runtime keeps its things: one private folder that each of its processes knows."""

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ..errors import Unavailable

HOME_VARIABLE = "PERSISTENTAI_HOME"
DATABASE_VARIABLE = "PERSISTENTAI_DATABASE_URL"
STATE_VARIABLE = "PERSISTENTAI_STATE_DIR"
FILES_VARIABLE = "PERSISTENTAI_FILES"
"""Folder from which the relative paths of flows start (as `blocks.location` reads it)."""
DATABASE_NAME = "persistentai"
DATABASE_USER = "postgres"

_LONGEST_SOCKET_PATH = 107
_LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
_MARKER = "supervisor.lock"


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one local runtime and the names of everything in it.

    Each process finds the same places from the same path, whatever its environment otherwise holds.
    """

    path: Path
    external_database_url: str | None = None
    """Of a Postgres that is somebody else's to run; None means the embedded one."""
    state_dir: Path = Path("/var/lib/persistentai")
    """Where the embedded cluster lives when we are root, which Postgres refuses to run as."""

    @classmethod
    def open(cls, path: Path | None = None, environment: Mapping[str, str] = os.environ) -> "Home":
        """The home that the environment names (default: the user's data folder), created if new.

        Raises:
            Unavailable: It cannot be made, or is not safe to use. Says what to do.
        """
        chosen = path or _from_environment(environment)
        home = cls(
            path=Path(os.path.abspath(_expanded(chosen))),
            external_database_url=environment.get(DATABASE_VARIABLE) or None,
            state_dir=Path(environment.get(STATE_VARIABLE) or "/var/lib/persistentai"),
        )
        home._create()
        return home

    @property
    def token_file(self) -> Path:
        """The bearer token of the local API, 0600."""
        return self.path / "token"

    @property
    def identity_key_file(self) -> Path:
        """The key that signs identities between our own processes, 0600."""
        return self.path / "identity.key"

    @property
    def supervisor_file(self) -> Path:
        """What the supervisor last knew, for `status` and for its successor."""
        return self.path / "supervisor.json"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the one supervisor for as long as it lives."""
        return self.path / _MARKER

    @property
    def blobs(self) -> Path:
        """Large values by hash."""
        return self.path / "blobs"

    @property
    def logs(self) -> Path:
        """One log file a process."""
        return self.path / "logs"

    def log_file(self, name: str) -> Path:
        """The log of the process called `name`."""
        return self.logs / f"{name}.log"

    @property
    def key(self) -> str:
        """Short name of this home among all homes of the machine."""
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:12]

    @property
    def socket_dir(self) -> Path:
        """Private folder for our sockets, short enough for any of them; created when missing.

        Raises:
            Unavailable: Somebody else holds the place. Never used then.
        """
        inside = self.path / "run"
        if _fits(inside):
            inside.mkdir(mode=0o700, exist_ok=True)
            return inside
        short = Path("/tmp") / f"pai-{os.geteuid()}-{self.key}"
        _create_private(short)
        return short

    @property
    def gateway_socket(self) -> Path:
        """Where the gateway listens."""
        return self.socket_dir / "gateway.sock"

    @property
    def cluster_dir(self) -> Path:
        """Folder of the embedded Postgres: its data, and as root its socket too."""
        return self.state_dir / self.key if os.geteuid() == 0 else self.path / "postgres"

    @property
    def postgres_socket_dir(self) -> Path:
        """Where the embedded Postgres listens. As root it must belong to Postgres's own user."""
        return self.cluster_dir / "run" if os.geteuid() == 0 else self.socket_dir

    @property
    def embedded_database_url(self) -> str:
        """How to reach the embedded Postgres, running or not."""
        host = quote(str(self.postgres_socket_dir))
        return f"postgresql://{DATABASE_USER}@/{DATABASE_NAME}?host={host}"

    @property
    def database_url(self) -> str:
        """The database to use: the one of `PERSISTENTAI_DATABASE_URL`, else the embedded one."""
        return self.external_database_url or self.embedded_database_url

    def _create(self) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_private()
            for folder in (self.blobs, self.logs):
                folder.mkdir(mode=0o700, exist_ok=True)
            self.supervisor_lock.touch(mode=0o600)
        except OSError as error:
            raise Unavailable(
                f"The runtime's folder {str(self.path)!r} cannot be used: {error.strerror}.",
                remedy=f"Set {HOME_VARIABLE} to a folder you may write to, on a local disk.",
            ) from error

    def _check_private(self) -> None:
        """Close the folder to others, but only if it is ours: it may be `/tmp` by mistake."""
        found = self.path.stat()
        if found.st_uid != os.geteuid():
            raise Unavailable(
                f"The runtime's folder {str(self.path)!r} belongs to user id {found.st_uid}.",
                remedy=f"Set {HOME_VARIABLE} to a folder of your own.",
            )
        if not found.st_mode & 0o077:
            return
        if any(self.path.iterdir()) and not (self.path / _MARKER).exists():
            raise Unavailable(
                f"The folder {str(self.path)!r} holds other things and is open to other users.",
                remedy=f"Set {HOME_VARIABLE} to a new folder, or `chmod 700` this one.",
            )
        self.path.chmod(0o700)


def _from_environment(environment: Mapping[str, str]) -> Path:
    if named := environment.get(HOME_VARIABLE):
        return Path(named)
    import platformdirs

    return platformdirs.user_data_path("persistentai", appauthor=False)


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # a user id without a name, and no HOME either
        raise Unavailable(
            "This user has no home folder to keep the runtime's things in.",
            remedy=f"Set {HOME_VARIABLE} to a folder you may write to, on a local disk.",
        ) from None


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / _LONGEST_SOCKET_NAME)) <= _LONGEST_SOCKET_PATH


def _create_private(folder: Path) -> None:
    """Make `folder` where everybody may write, and take it only if nobody else was first."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
        if not ours or found.st_mode & 0o077:
            raise Unavailable(
                f"The folder for sockets, {str(folder)!r}, is not a private folder of ours.",
                remedy=f"Remove it, or set {HOME_VARIABLE} to a shorter path.",
            ) from None
