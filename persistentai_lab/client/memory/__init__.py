"""The Memory Tree, as a client asks for it."""

import json
from functools import cached_property
from typing import Any

from ...memory.knowledge.context import Context
from ...memory.knowledge.model import Recalled
from ...memory.records.result import SqlResult
from ..transport import Transport
from .feed import Feed
from .files import Files
from .history import History
from .knowledge import Knowledge
from .records import Records

ARROW = "application/vnd.apache.arrow.stream"


class Memory:
    """The layers of one workspace; reached as `client.memory`, in cells as `pai.memory`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @cached_property
    def feed(self) -> Feed:
        """Everything in rooms and sessions, in one order."""
        return Feed(self._transport)

    @cached_property
    def files(self) -> Files:
        """Documents and data, in branches of versions."""
        return Files(self._transport)

    @cached_property
    def history(self) -> History:
        """What runs did, with what, at which cost."""
        return History(self._transport)

    @cached_property
    def knowledge(self) -> Knowledge:
        """Facts, and text found by words and meaning."""
        return Knowledge(self._transport)

    @cached_property
    def records(self) -> Records:
        """Values by key, and documents in collections."""
        return Records(self._transport)

    def sql(self, query: str, *, limit: int = 10_000) -> SqlResult:
        """Ask the workspace in SQL: one SELECT.

        Tables are `docs` (collection, id, rev, body), each collection by its name, with its fields
        as columns, and files by their path: `select * from 'data/penguins.csv'`. Documents alone
        are asked in Postgres, with files among them in DuckDB; `engine` says which it was.

        Args:
            query: One SELECT.
            limit: Rows at most; `is_cut` says whether there were more.

        Raises:
            SqlRefused: It is no plain question, fails, or asks for too much; says what and why.
        """
        said = json.dumps({"query": query, "limit": limit}).encode()
        answer = self._transport.send(
            "POST", "/memory/records/sql", content=said,
            headers={"Content-Type": "application/json", "Accept": ARROW},
        )  # fmt: skip
        told = json.loads(answer.headers["Persistentai-Sql"])
        return SqlResult(told["engine"], told["is_cut"], answer.content)

    def remember(self, text: str, **more: Any) -> int:
        """Keep a text; see `knowledge.remember`."""
        return self.knowledge.remember(text, **more)

    def recall(self, query: str, **more: Any) -> Recalled:
        """What fits a question, best first; see `knowledge.recall`."""
        return self.knowledge.recall(query, **more)

    def forget(self, **what: Any) -> dict[str, int]:
        """Erase for good; see `knowledge.forget`."""
        return self.knowledge.forget(**what)

    def context(self, query: str, **more: Any) -> Context:
        """What goes into a turn, from all layers, within a budget; see `knowledge.context`."""
        return self.knowledge.context(query, **more)
