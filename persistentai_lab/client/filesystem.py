"""Files of a workspace for everything that speaks fsspec: pandas, polars, DuckDB, `fsspec.open`.

An address is `pai://workspace/branch/path`, or `pai://workspace/branch@version/path` for an older
version: a tag, a commit, or a moment. What is written is one commit, when the file is closed.
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from fsspec.spec import AbstractBufferedFile, AbstractFileSystem

from ..errors import NotInMemory, PathRefused
from ..ids import DEFAULT_WORKSPACE
from ..memory.files.asks import Delete, Move
from ..memory.files.model import Stat

if TYPE_CHECKING:
    from .client import Client

PAGE = 10_000


class PaiFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """The files of the workspace that the client acts for."""

    protocol = "pai"
    root_marker = ""
    cachable = True

    def __init__(self, client: "Client | None" = None, *, message: str = "", **options: Any):
        """Make it.

        Args:
            client: Who asks; else one for the runtime that is found as everywhere.
            message: What commits say.
            options: fsspec's own.
        """
        super().__init__(**options)
        self.message = message
        if client is None:
            from .client import Client

            client = Client()
        self.files = client.memory.files

    # --- looking ----------------------------------------------------------------------------------

    def ls(self, path: str, detail: bool = True, **unused: Any) -> list[Any]:
        """What lies in a folder; the branches, at the top."""
        workspace, branch, at, inside = self._parts(path)
        if not branch:
            found = [
                {"name": f"{workspace}/{each.name}", "size": 0, "type": "directory"}
                for each in self.files.branches()
            ]
        else:
            found = self._listed(self._root(workspace, branch, at), branch, at, inside)
        return found if detail else [each["name"] for each in found]

    def info(self, path: str, **unused: Any) -> dict[str, Any]:
        """What is under a path. Raises `FileNotFoundError`."""
        workspace, branch, at, inside = self._parts(path)
        if not inside:
            if branch and not at and branch not in {one.name for one in self.files.branches()}:
                raise FileNotFoundError(path)
            return {"name": self._strip_protocol(path), "size": 0, "type": "directory"}
        try:
            stat = self.files.stat(inside, branch=branch, at=at)
        except (NotInMemory, PathRefused) as error:
            raise FileNotFoundError(f"{path}: {error}") from None
        return _entry(self._root(workspace, branch, at), stat)

    def modified(self, path: str) -> Any:
        """When the version that is shown was written."""
        return self.info(path)["mtime"]

    def ukey(self, path: str) -> str:
        """The content's hash: another content, another key."""
        return str(self.info(path).get("sha256"))

    def cat_file(
        self, path: str, start: int | None = None, end: int | None = None, **unused: Any
    ) -> bytes:
        """The bytes of a file, or a piece of them."""
        _, branch, at, inside = self._parts(path)
        try:
            if start is None and end is None:
                return self.files.read(inside, branch=branch, at=at)
            size = self.info(path)["size"]
            first, last, _step = slice(start, end).indices(size)
            return self.files.read_range(inside, first, last, branch=branch, at=at)
        except NotInMemory as error:
            raise FileNotFoundError(f"{path}: {error}") from None

    # --- changing ---------------------------------------------------------------------------------

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **unused: Any) -> None:
        """Write a file: one commit."""
        _, branch, inside = self._writable(path)
        was = "" if mode == "create" else None
        self.files.write(inside, value, branch=branch, message=self.message, was=was)

    def _rm(self, path: str) -> None:
        _, branch, inside = self._writable(path)
        self.files.delete(inside, branch=branch, message=self.message)

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Delete files, or with `recursive` folders: one commit a branch."""
        by_branch: dict[str, list[Delete]] = {}
        for each in [path] if isinstance(path, str) else path:
            _, branch, inside = self._writable(each)
            by_branch.setdefault(branch, []).append(Delete(path=inside, recursive=recursive))
        for branch, changes in by_branch.items():
            try:
                self.files.commit(changes, branch=branch, message=self.message)
            except NotInMemory as error:
                raise FileNotFoundError(str(error)) from None

    def mv(self, path1: str, path2: str, recursive: bool = False, **more: Any) -> None:
        """Give a file or a folder another path: one commit, without its content being sent."""
        _, branch, inside = self._writable(path1)
        _, other, to = self._writable(path2)
        if branch != other:
            return super().mv(path1, path2, recursive=recursive, **more)  # type: ignore[no-any-return]
        try:
            self.files.commit([Move(path=inside, to=to)], branch=branch, message=self.message)
        except NotInMemory as error:
            raise FileNotFoundError(str(error)) from None

    def cp_file(self, path1: str, path2: str, **unused: Any) -> None:
        """Copy a file; its content is there already."""
        _, branch, at, inside = self._parts(path1)
        _, to_branch, to = self._writable(path2)
        data = self.files.read(inside, branch=branch, at=at)
        self.files.write(to, data, branch=to_branch, message=self.message)

    def mkdir(self, path: str, create_parents: bool = True, **unused: Any) -> None:
        """A folder is there when a file is in it."""

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """A folder is there when a file is in it."""

    def rmdir(self, path: str) -> None:
        """A folder is gone when the last file in it is."""

    # --- opening ----------------------------------------------------------------------------------

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | str | None = None,
        autocommit: bool = True,
        cache_options: dict[str, Any] | None = None,
        **more: Any,
    ) -> "PaiFile":
        if "w" in mode or "x" in mode:
            self._writable(path)
        elif "a" in mode:
            raise ValueError("Files are written whole: read it, then write it anew.")
        return PaiFile(
            self,
            path,
            mode,
            block_size or "default",
            autocommit=autocommit,
            cache_options=cache_options,
            **more,
        )

    # --- addresses --------------------------------------------------------------------------------

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(each) for each in path]
        bare = str(path).removeprefix("pai://").strip("/")
        return bare

    def _parts(self, path: str) -> tuple[str, str, str | None, str]:
        """Workspace, branch, version, and the path in it."""
        bare, _, query = self._strip_protocol(path).partition("?at=")
        workspace, _, rest = bare.partition("/")
        place, _, inside = rest.partition("/")
        branch, _, at = place.partition("@")
        return workspace or DEFAULT_WORKSPACE, branch, unquote(query or at) or None, inside

    def _writable(self, path: str) -> tuple[str, str, str]:
        workspace, branch, at, inside = self._parts(path)
        if at is not None:
            raise PermissionError(f"{path}: an older version can't be changed.")
        if not inside:
            raise IsADirectoryError(f"{path} is a branch; name a file in it.")
        return workspace, branch, inside

    @staticmethod
    def _root(workspace: str, branch: str, at: str | None) -> str:
        return f"{workspace}/{branch}@{at}" if at else f"{workspace}/{branch}"

    def _listed(self, root: str, branch: str, at: str | None, folder: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = ""
        try:
            while page := self.files.ls(folder, branch=branch, at=at, after=after, limit=PAGE):
                found += [_entry(root, stat) for stat in page]
                after = page[-1].path
                if len(page) < PAGE:
                    break
        except NotInMemory as error:
            stat = self._file(folder, branch, at)
            if stat is None:
                raise FileNotFoundError(str(error)) from None
            return [_entry(root, stat)]
        return found

    def _file(self, path: str, branch: str, at: str | None) -> Stat | None:
        try:
            return self.files.stat(path, branch=branch, at=at) if path else None
        except NotInMemory:
            return None


class PaiFile(AbstractBufferedFile):  # type: ignore[misc]
    """One that is read in ranges, or written whole when it is closed."""

    forced: bool

    def __exit__(self, kind: object, *_: object) -> None:
        """Close it; what an error cut short is not written."""
        if kind is not None:
            self.autocommit = False
        self.close()

    def _fetch_range(self, start: int, end: int) -> bytes:
        return bytes(self.fs.cat_file(self.path, start, end))

    def _initiate_upload(self) -> None:
        pass

    def _upload_chunk(self, final: bool = False) -> bool:
        """Nothing leaves before all is there."""
        if final and self.autocommit:
            self.commit()
        return final

    def commit(self) -> None:
        """Write what was gathered, as one commit."""
        _, branch, inside = self.fs._writable(self.path)
        self.buffer.seek(0)
        was = "" if "x" in self.mode else None
        self.fs.files.write(inside, self.buffer, branch=branch, message=self.fs.message, was=was)

    def discard(self) -> None:
        """Forget it."""

    def flush(self, force: bool = False) -> None:
        """Only at the end: a file is written whole or not at all."""
        if force and not self.closed and not self.forced:
            self.forced = True
            self._upload_chunk(final=True)


def _entry(root: str, stat: Stat) -> dict[str, Any]:
    kind = "file" if stat.kind == "file" else "directory"
    told: dict[str, Any] = {"name": f"{root}/{stat.path}", "size": stat.size or 0, "type": kind}
    if kind == "file":
        told |= {
            "sha256": stat.sha256, "media_type": stat.media_type, "commit": stat.commit,
            "mtime": stat.at,
        }  # fmt: skip
    return told
