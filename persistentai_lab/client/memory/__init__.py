"""The Memory Tree, as a client asks for it."""

from functools import cached_property

from ..transport import Transport
from .feed import Feed
from .files import Files
from .knowledge import Knowledge
from .records import Records


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
    def knowledge(self) -> Knowledge:
        """Facts, and text found by words and meaning."""
        return Knowledge(self._transport)

    @cached_property
    def records(self) -> Records:
        """Values by key, and documents in collections."""
        return Records(self._transport)
