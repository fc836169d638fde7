"""Files of one workspace, as a test writes and reads them."""

from typing import Any

from persistentai_lab.memory.author import Author
from persistentai_lab.memory.files.asks import CommitFiles, Delete, Move, Put
from persistentai_lab.memory.files.body import Files
from persistentai_lab.memory.layer import Answer, Command, Query, Receipt
from persistentai_lab.storage.memory import MemoryTree


class House:
    """`house.write(a="one")` is a commit; `house.tree()` what is there, by path."""

    def __init__(self, tree: MemoryTree, author: Author) -> None:
        self._tree = tree
        self.author = author
        self.lent = Files(self.ask, lambda command: None)

    async def ask(self, query: Query) -> Answer:
        return await self._tree.answer(self.author, query)

    async def do(self, *commands: Command) -> list[Receipt]:
        return await self._tree.write(self.author, *commands)

    async def put(self, path: str, data: str | bytes) -> Put:
        kept = await self.lent.keep(data, media_type="text/plain")
        return Put(path=path, sha256=kept.sha256, media_type="text/plain")

    async def commit(self, *changes: Put | Delete | Move, branch: str = "main") -> str:
        (receipt,) = await self.do(CommitFiles(branch=branch, changes=changes))
        return str(receipt.version)

    async def write(self, branch: str = "main", **files: str | bytes) -> str:
        puts = [await self.put(path, data) for path, data in files.items()]
        return await self.commit(*puts, branch=branch)

    async def tree(self, branch: str = "main", at: str | None = None) -> dict[str, str]:
        stats = await self.lent.ls(branch=branch, at=at, recursive=True, limit=10_000)
        return {
            stat.path: (await self.lent.read(stat.path, branch=branch, at=at)).decode()
            for stat in stats
        }

    async def ls(self, folder: str = "", **more: Any) -> list[str]:
        stats = await self.lent.ls(folder, **more)
        return [stat.path + ("/" if stat.kind == "folder" else "") for stat in stats]
