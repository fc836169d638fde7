import queue
from collections.abc import Iterator
from typing import Any

import pytest
from comm.base_comm import BaseComm

from persistentai_lab.client import Address, Client
from tests.client.gateway_double import GatewayDouble, serving


class Wire(BaseComm):
    """A comm whose other end is the test: it keeps what a widget sends."""

    def __init__(self) -> None:
        self.sent: queue.Queue[tuple[dict[str, Any], list[bytes]]] = queue.Queue()
        super().__init__(target_name="jupyter.widget", comm_id="w-1")

    def publish_msg(
        self,
        msg_type: str,
        data: Any = None,
        metadata: Any = None,
        buffers: Any = None,
        **keys: Any,
    ) -> None:
        if data:
            self.sent.put((data, list(buffers or [])))

    def say(self, widget: Any, **content: Any) -> None:
        """What a view sends."""
        data = {"method": "custom", "content": content}
        self.handle_msg({"content": {"data": data}, "buffers": []})

    def said(self, kind: str) -> tuple[dict[str, Any], list[bytes]]:
        """The next thing of a kind that the widget says; state counts as `update`."""
        while True:
            data, buffers = self.sent.get(timeout=90)
            content = data.get("content", {})
            if data["method"] == kind:
                return data["state"], buffers
            if content.get("type") == kind:
                return content, buffers


@pytest.fixture
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayDouble]:
    with serving(tmp_path_factory.mktemp("gw")) as double:
        yield double


@pytest.fixture
def client(gateway: GatewayDouble) -> Iterator[Client]:
    with Client(Address(socket=gateway.socket), patience_s=0.2) as client:
        yield client


@pytest.fixture
def here(gateway: GatewayDouble, monkeypatch: pytest.MonkeyPatch) -> GatewayDouble:
    """The runtime of this process."""
    monkeypatch.setenv("PERSISTENTAI_URL", f"unix:{gateway.socket}")
    return gateway
