"""One repository of a lakeFS server: what we ask it and do to it, each of which may be done twice.

An answer that is lost (a cut connection, an error of the server) leaves open whether the thing was
done. So each is sent again, and what then says that it had been done counts as done.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from ...errors import MemoryRefused, Unavailable
from .settings import URL_SETTING, Settings

T = TypeVar("T")
TRIES = 6
FIRST_WAIT_S = 0.05
TIMEOUT_S = (5.0, 300.0)
"""To connect, and for an answer."""
PAGE = 1_000
"""Rows, or paths, that lakeFS takes at once."""
META = "x-lakefs-meta-"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Object:
    """What lakeFS has under a path."""

    path: str
    size: int
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LakeCommit:
    """A commit, as lakeFS tells it."""

    id: str
    parents: tuple[str, ...]
    notes: Mapping[str, str]


class NotThere(Exception):
    """lakeFS has nothing of that name."""


class Lake:
    """A repository. Its methods block: `call` runs one beside the event loop."""

    def __init__(self, settings: Settings, repository: str) -> None:
        self.repository = repository
        self._settings = settings
        self._api = _connected(settings)

    async def call(self, do: Callable[..., T], *given: Any, **more: Any) -> T:
        """Have one of these methods called in a thread."""
        return await asyncio.to_thread(do, *given, **more)

    # --- reading ----------------------------------------------------------------------------------

    def head(self, branch: str) -> str | None:
        """The newest commit of a branch; None when there is no such branch."""
        try:
            found = self._ask(self._api.branches_api.get_branch, self.repository, branch)
        except NotThere:
            return None
        return str(found.commit_id)

    def tagged(self, tag: str) -> str | None:
        """The commit that a tag names; None when there is no such tag."""
        try:
            return str(self._ask(self._api.tags_api.get_tag, self.repository, tag).commit_id)
        except NotThere:
            return None

    def branches(self, prefix: str = "") -> list[tuple[str, str]]:
        """All branches whose names begin so, with their newest commits."""
        rows = self._all(self._api.branches_api.list_branches, prefix=prefix)
        return [(row.id, row.commit_id) for row in rows]

    def tags(self) -> list[tuple[str, str]]:
        """All tags, with their commits."""
        return [(row.id, row.commit_id) for row in self._all(self._api.tags_api.list_tags)]

    def commit_of(self, ref: str) -> LakeCommit:
        """A commit by its id, or the beginning of it. Raises `NotThere`."""
        return _commit(self._ask(self._api.commits_api.get_commit, self.repository, ref))

    def log(self, ref: str, *, after: str = "", amount: int = PAGE) -> list[LakeCommit]:
        """Commits along first parents, newest first, from the one after `after`."""
        found = self._ask(
            self._api.refs_api.log_commits, self.repository, ref, after=after, amount=amount,
            first_parent=True,
        )  # fmt: skip
        return [_commit(each) for each in found.results]

    def objects(self, ref: str) -> list[Object]:
        """All that a version has."""
        ask = self._api.objects_api.list_objects
        return [_object(row) for row in self._all(ask, ref, user_metadata=True)]

    def object(self, ref: str, path: str) -> Object:
        """What a version has under a path. Raises `NotThere`."""
        ask = self._api.objects_api.stat_object
        return _object(self._ask(ask, self.repository, ref, path, user_metadata=True))

    def differ(self, one: str, other: str, limit: int | None) -> list[str] | None:
        """Paths of objects that differ between two versions; None when they are more."""
        found: list[str] = []
        for row in self._all(self._api.refs_api.diff_refs, one, other, type="two_dot"):
            found.append(row.path)
            if limit is not None and len(found) > limit:
                return None
        return found

    def read(self, ref: str, path: str, span: str | None = None) -> bytes:
        """The bytes of an object, or a `span` of them (`0-99`). Raises `NotThere`."""
        more: dict[str, Any] = {} if span is None else {"range": f"bytes={span}"}
        ask = self._api.objects_api.get_object
        return bytes(self._ask(ask, self.repository, ref, path, **more))

    # --- writing ----------------------------------------------------------------------------------

    def found(self) -> None:
        """Make the repository, if it isn't there."""
        from lakefs_sdk import RepositoryCreation

        settings = self._settings
        asked = RepositoryCreation(
            name=self.repository, default_branch="main",
            storage_namespace=f"{settings.namespace}/{self.repository}",
        )  # fmt: skip
        self._ask(self._api.repositories_api.create_repository, asked, done={409})

    def is_there(self) -> bool:
        """Whether there is such a repository."""
        try:
            self._ask(self._api.repositories_api.get_repository, self.repository)
        except NotThere:
            return False
        return True

    def branch(self, name: str, source: str) -> None:
        """Begin a branch. One that is there already stays as it is."""
        from lakefs_sdk import BranchCreation

        asked = BranchCreation(name=name, source=source)
        self._ask(self._api.branches_api.create_branch, self.repository, asked, done={409})

    def reset(self, branch: str) -> None:
        """Forget what is on a branch without being committed."""
        from lakefs_sdk import ResetCreation

        asked = ResetCreation(type="reset")
        self._ask(self._api.branches_api.reset_branch, self.repository, branch, asked)

    def drop(self, branch: str) -> None:
        """Take a branch away, if it is there."""
        self._ask(self._api.branches_api.delete_branch, self.repository, branch, done={404})

    def tag(self, name: str, commit: str) -> None:
        """Tag a commit. A tag that is there already stays as it is."""
        from lakefs_sdk import TagCreation

        asked = TagCreation(id=name, ref=commit)
        self._ask(self._api.tags_api.create_tag, self.repository, asked, done={409})

    def untag(self, name: str) -> None:
        """Take a tag away, if it is there."""
        self._ask(self._api.tags_api.delete_tag, self.repository, name, done={404})

    def put(
        self, branch: str, path: str, data: bytes | memoryview, notes: Mapping[str, str]
    ) -> None:
        """Put an object onto a branch, not yet committed.

        Not by the SDK's `upload_object`, which takes bytes for the name of a file and knows no
        notes. Nor with the media type in the head: the SDK would write bytes as JSON where it says
        so. It is one of the notes.
        """
        api = self._api._api
        headers = {f"{META}{name}": value for name, value in notes.items()}

        def send(**options: Any) -> Any:
            return api.call_api(
                "/repositories/{repository}/branches/{branch}/objects", "POST",
                {"repository": self.repository, "branch": branch}, [("path", path)],
                headers | {"Content-Type": "application/octet-stream"},
                body=bytes(data), response_types_map={"201": "ObjectStats"},
                auth_settings=["basic_auth"], _return_http_data_only=True, **options,
            )  # fmt: skip

        self._ask(send)

    def copy(self, branch: str, path: str, ref: str, source: str, notes: Mapping[str, str]) -> None:
        """Put onto a branch what another version has under a path, with other notes."""
        from lakefs_sdk import ObjectCopyCreation, UpdateObjectUserMetadata

        api, repository = self._api.objects_api, self.repository
        asked = ObjectCopyCreation(src_ref=ref, src_path=source)
        self._ask(api.copy_object, repository, branch, path, asked)
        note = UpdateObjectUserMetadata(set=dict(notes))
        self._ask(api.update_object_user_metadata, repository, branch, path, note)

    def remove(self, branch: str, paths: Sequence[str]) -> None:
        """Take objects from a branch. What isn't there is gone already."""
        from lakefs_sdk import PathList

        for start in range(0, len(paths), PAGE):
            asked = PathList(paths=list(paths[start : start + PAGE]))
            done = self._ask(self._api.objects_api.delete_objects, self.repository, branch, asked)
            if done.errors:
                raise self.away(f"it kept {done.errors[0].path!r}: {done.errors[0].message}")

    def commit(self, branch: str, message: str, notes: Mapping[str, str]) -> None:
        """Commit what is on a branch.

        lakeFS knows no keys. That there is nothing to commit is how it tells of a commit whose
        answer was lost.
        """
        from lakefs_sdk import CommitCreation

        asked = CommitCreation(message=message, metadata=dict(notes))
        self._ask(
            self._api.commits_api.commit, self.repository, branch, asked, done={400: "no changes"}
        )

    def merge(
        self, source: str, into: str, message: str, notes: Mapping[str, str], **how: Any
    ) -> str:
        """Merge, in one try: only who looks at the branch knows whether to try again.

        Never squashed: that would take away the proof of what has been merged. Returns the commit.

        Raises:
            Unavailable: It may have been done, or not.
        """
        from lakefs_sdk import Merge

        asked = Merge(message=message, metadata=dict(notes), **how)
        ask = self._api.refs_api.merge_into_branch
        return str(self._ask(ask, self.repository, source, into, asked, tries=1).reference)

    # --- how --------------------------------------------------------------------------------------

    def _all(self, ask: Callable[..., Any], *given: Any, **more: Any) -> Iterator[Any]:
        after = ""
        while True:
            page = self._ask(ask, self.repository, *given, after=after, amount=PAGE, **more)
            yield from page.results
            if not page.pagination.has_more:
                return
            after = page.pagination.next_offset

    def _ask(
        self,
        ask: Callable[..., Any],
        *given: Any,
        done: set[int] | dict[int, str] | None = None,
        tries: int = TRIES,
        **more: Any,
    ) -> Any:
        """Ask, again where no answer came. `done` are refusals that mean: it is so already."""
        from lakefs_sdk.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        wait_s, why = FIRST_WAIT_S, ""
        for _ in range(tries):
            if why:
                time.sleep(wait_s)
                wait_s *= 2
            try:
                return ask(*given, _request_timeout=TIMEOUT_S, **more)
            except HTTPError as error:
                why = str(error) or type(error).__name__
            except ApiException as error:
                status = error.status or 0
                if done is not None and status in done and _says(error, done):
                    return None
                if status == 404:
                    raise NotThere from None
                if 400 <= status < 500 and status not in (408, 420, 429):
                    raise self._refused(error) from None
                why = f"{status} {error.reason}"
            log.info("lakeFS: no answer, asking again: %s", why)
        raise self.away(why)

    def away(self, why: str) -> Unavailable:
        """What is said when nothing answers."""
        return Unavailable(
            f"lakeFS at {self._settings.url} doesn't answer: {why}.",
            remedy=f"Start it, or look at {URL_SETTING}. Nothing that was acknowledged is lost.",
        )

    def _refused(self, error: Any) -> MemoryRefused:
        remedy = "Look at what lakeFS says; its own log says more."
        if error.status in (401, 403):
            remedy = "Give its key the right to read and write repositories, or set another key."
        return MemoryRefused(f"lakeFS refuses ({error.status}): {_message(error)}.", remedy=remedy)


@cache
def _connected(settings: Settings) -> Any:
    try:
        import lakefs_sdk
        from lakefs_sdk.client import LakeFSClient
    except ImportError:
        raise MemoryRefused(
            f"{URL_SETTING} is set, and the package `lakefs-sdk` is not installed.",
            remedy="pip install 'persistentai-lab[lakefs]'",
        ) from None
    configuration = lakefs_sdk.Configuration(
        host=f"{settings.url}/api/v1", username=settings.key_id, password=settings.secret
    )
    configuration.retries = False  # we know what may be sent again, and what that means
    configuration.connection_pool_maxsize = 16
    return LakeFSClient(configuration)


def _commit(told: Any) -> LakeCommit:
    return LakeCommit(told.id, tuple(told.parents), told.metadata or {})


def _object(told: Any) -> Object:
    return Object(told.path, told.size_bytes or 0, told.metadata or {})


def _says(error: Any, done: set[int] | dict[int, str]) -> bool:
    return isinstance(done, set) or done[error.status] in _message(error)


def _message(error: Any) -> str:
    import json

    try:
        return str(json.loads(error.body)["message"]).rstrip(".")
    except (TypeError, ValueError, KeyError):
        return str(error.reason)
