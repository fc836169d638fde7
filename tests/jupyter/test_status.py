"""What the extension answers by itself, and what it does when it is loaded."""

import json
import os
import subprocess
import sys

import pytest
from tornado.httpclient import HTTPClientError


async def test_status_says_up_when_the_gateway_answers(jp_fetch, gateway):
    status = json.loads((await jp_fetch("persistentai", "status")).body)

    assert status["state"] == "up"
    assert status["health"]["workers"] == 1


async def test_status_says_down_and_how_to_start(jp_fetch, socket):
    status = json.loads((await jp_fetch("persistentai", "status")).body)

    assert status["state"] == "down"
    assert "persistentai up" in status["remedy"]


async def test_a_runtime_that_is_not_ours_is_not_started(jp_fetch, socket):
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("persistentai", "start", method="POST", body="")

    assert refused.value.code == 409


async def test_kernels_find_the_same_runtime(jp_serverapp, socket):
    assert os.environ["PERSISTENTAI_URL"] == f"unix:{socket}"


class TestOnThisMachine:
    """Nobody has pointed us at a runtime: it is ours."""

    @pytest.fixture
    def socket(self, socket):
        del os.environ["PERSISTENTAI_URL"]
        return socket

    async def test_the_panel_may_offer_to_start_it(self, jp_fetch, socket):
        status = json.loads((await jp_fetch("persistentai", "status")).body)

        assert (status["state"], status["can_start"]) == ("down", True)

    async def test_kernels_are_told_where_it_listens(self, jp_serverapp, socket):
        assert os.environ["PERSISTENTAI_URL"].endswith("/gateway.sock")
        assert os.environ["PERSISTENTAI_TOKEN_FILE"].endswith("/token")

    async def test_a_start_that_fails_says_why(self, jp_fetch, socket):
        os.environ["PERSISTENTAI_HOME"] = "/proc/nowhere"

        await jp_fetch("persistentai", "start", method="POST", body="")
        status = {"state": "starting"}
        while status["state"] == "starting":
            status = json.loads((await jp_fetch("persistentai", "status")).body)

        assert status["state"] == "failed"
        assert "/proc/nowhere" in status["detail"]


def test_importing_the_extension_is_cheap():
    """Jupyter imports every extension at start-up, also of people who never use ours."""
    code = (
        "import sys; before = set(sys.modules); import persistentai_lab.jupyter as j; "
        "j._jupyter_server_extension_points(); "
        "heavy = {'httpx', 'tornado', 'websockets', 'pydantic', 'dbos', 'fastapi'}; "
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )

    argv = [sys.executable, "-c", code]
    loaded = subprocess.run(argv, capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"
