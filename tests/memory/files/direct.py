"""A client's files without a wire: what it would send is answered by a tree in this process."""

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from persistentai_lab.ids import Json, Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.files import asks
from persistentai_lab.memory.files.media import media_type_of
from persistentai_lab.memory.files.model import Branch, Change, Commit, Tag, Version
from persistentai_lab.memory.layer import Command, Query
from persistentai_lab.storage.memory import MemoryTree


class DirectFiles:
    """Of a workspace of its own."""

    def __init__(self, runner: asyncio.Runner, tree: MemoryTree, workspace: str) -> None:
        self._runner = runner
        self._tree = tree
        self.author = Author(Workspace(workspace), "ada", "ada")

    def ask(self, query: Query) -> Any:
        return self._runner.run(self._tree.answer(self.author, query)).value

    def do(self, command: Command) -> Any:
        (receipt,) = self._runner.run(self._tree.write(self.author, command))
        return receipt.version

    def write(self, path: str, data: str | bytes, branch: str = "main", message: str = "") -> str:
        kept = self.keep(data, path=path)
        put = asks.Put(path=path, sha256=kept.sha256, media_type=kept.media_type)
        return str(self.do(asks.CommitFiles(branch=branch, changes=(put,), message=message)))

    def read(self, path: str, *, branch: str = "main", at: str | None = None) -> bytes:
        query = asks.ReadFile(path=path, branch=branch, at=at)
        return self._runner.run(self._tree.answer(self.author, query)).data

    def keep(self, data: str | bytes, *, path: str) -> Version:
        raw = data.encode() if isinstance(data, str) else data
        query = asks.KeepBytes(media_type=media_type_of(path)).carrying(raw)
        return Version.model_validate(self.ask(query))

    def log(self, **said: Any) -> list[Commit]:
        return TypeAdapter(list[Commit]).validate_python(self.ask(asks.LogFiles(**said)))

    def diff(self, **said: Any) -> list[Change]:
        return TypeAdapter(list[Change]).validate_python(self.ask(asks.DiffFiles(**said)))

    def branches(self) -> list[Branch]:
        return TypeAdapter(list[Branch]).validate_python(self.ask(asks.ListBranches()))

    def tags(self) -> list[Tag]:
        return TypeAdapter(list[Tag]).validate_python(self.ask(asks.ListTags()))

    def tag(self, name: str, version: str, *, message: str = "") -> str:
        return str(self.do(asks.TagVersion(name=name, version=version, message=message)))

    def branch(self, name: str, source: str = "main") -> str | None:
        commit: str | None = self.do(asks.CreateBranch(name=name, source=source))
        return commit

    def delete_branch(self, name: str) -> None:
        self.do(asks.DeleteBranch(name=name))

    def take_over(
        self, changes: Sequence[asks.AnyChange], *, also: Sequence[str], meta: dict[str, Json],
        **said: Any,
    ) -> str:  # fmt: skip
        command = asks.TakeOver(changes=tuple(changes), also=tuple(also), meta=meta, **said)
        return str(self.do(command))
