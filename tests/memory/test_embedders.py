"""What makes vectors: the model of this machine, an endpoint, or nothing."""

import json
import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from persistentai_lab.errors import MemoryRefused
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.knowledge.asks import EmbedMissing, Recall, Remember, Status
from persistentai_lab.memory.knowledge.embedders import Embedder, EmbedderFailed, chosen
from persistentai_lab.memory.knowledge.embedders.minilm import DIMENSIONS, MiniLM
from persistentai_lab.memory.knowledge.embedders.openai import Endpoint
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.knowledge import Knowledge
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import make_pool

pytestmark = pytest.mark.anyio


class _Api(BaseHTTPRequestHandler):
    """Answers as OpenAI's API does: a vector that counts letters, in any order."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, self.headers.get("Authorization"), asked))  # type: ignore[attr-defined]
        if asked["model"] == "broken":
            return self._say(200, {"data": [{"index": 0, "embedding": ["x"]}]})
        if asked["model"] == "limited":
            return self._say(429, {})
        rows = [
            {"index": n, "embedding": [float(text.count(letter)) for letter in "aeio"] + [1.0]}
            for n, text in enumerate(asked["input"])
        ]
        self._say(200, {"data": rows[::-1]})

    def _say(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Api)
    server.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def url(api: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{api.server_address[1]}/v1"


async def test_the_model_of_this_machine_knows_what_is_alike() -> None:
    model = MiniLM()

    cat, kitten, invoice = await model.embed(
        ["A cat sleeps.", "The kitten takes a nap.", "Payment is due in thirty days."]
    )
    (again,) = await model.embed(["A cat sleeps."])

    assert len(cat) == DIMENSIONS
    assert math.isclose(math.hypot(*cat), 1, rel_tol=1e-4)
    assert dot(cat, kitten) > 0.5 > 0.2 > dot(cat, invoice)
    assert dot(cat, again) > 0.999  # whatever it was embedded together with


def dot(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


async def test_an_endpoint_is_asked_as_openai_is(api: ThreadingHTTPServer, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("s3cret\n")

    vectors = await Endpoint(url(api), "tiny", str(key)).embed(["aaa", "e"])

    assert vectors[0] == pytest.approx([3 / math.sqrt(10), 0, 0, 0, 1 / math.sqrt(10)])
    assert vectors[1] == pytest.approx([0, 1 / math.sqrt(2), 0, 0, 1 / math.sqrt(2)])
    path, authorization, asked = api.seen[0]  # type: ignore[attr-defined]
    assert (path, authorization) == ("/v1/embeddings", "Bearer s3cret")
    assert (asked["model"], asked["input"]) == ("tiny", ["aaa", "e"])


@pytest.mark.parametrize(("model", "why"), [("broken", "no embeddings"), ("limited", "HTTP 429")])
async def test_an_endpoint_that_fails_says_so(
    api: ThreadingHTTPServer, model: str, why: str
) -> None:
    with pytest.raises(EmbedderFailed, match=why) as failed:
        await Endpoint(url(api), model).embed(["a"])

    assert "minilm" in failed.value.remedy


def test_settings_choose() -> None:
    assert isinstance(chosen({}), MiniLM)
    assert chosen({"PERSISTENTAI_EMBEDDER": "none"}) is None
    with pytest.raises(MemoryRefused, match="many models"):
        chosen({"PERSISTENTAI_EMBEDDER": "https://example.org/v1"})
    with pytest.raises(MemoryRefused, match="what"):
        chosen({"PERSISTENTAI_EMBEDDER": "what"})


def tree_with(pool: object, folder: Path, embedder: Embedder | None) -> MemoryTree:
    tree = MemoryTree(pool, Blobs(pool, folder))  # type: ignore[arg-type]
    tree._layers = {**tree._layers, "knowledge": Knowledge(pool, embedder)}  # type: ignore[arg-type]
    return tree


async def test_models_live_side_by_side_and_missing_vectors_are_made(
    memory_url: str, me: Author, api: ThreadingHTTPServer, tmp_path: Path
) -> None:
    async with make_pool(memory_url, name="test", min_size=1, max_size=4) as pool:
        one = tree_with(pool, tmp_path, MiniLM())
        other = tree_with(pool, tmp_path, Endpoint(url(api), "tiny"))
        await one.write(me, Remember(text="aaaa"), Remember(text="eeee"))

        before = (await other.answer(me, Status())).value
        await other.write(me, EmbedMissing())
        after = (await other.answer(me, Status())).value
        found = await other.answer(me, Recall(query="a", by=["meaning"]))

        assert (before["embedded"], after["embedded"]) == (0, 2)
        assert after["model"] == "tiny"
        assert [hit["chunk"]["text"] for hit in found.value["hits"]] == ["aaaa", "eeee"]
        assert (await one.answer(me, Status())).value["embedded"] == 2


async def test_without_an_embedder_words_are_compared_and_it_says_so(
    memory_url: str, me: Author, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSISTENTAI_EMBEDDER", "none")
    async with make_pool(memory_url, name="test", min_size=1, max_size=4) as pool:
        tree = MemoryTree(pool, Blobs(pool, tmp_path))
        await tree.write(me, Remember(text="The oak is old."))

        found = (await tree.answer(me, Recall(query="old oak"))).value

    assert [hit["chunk"]["text"] for hit in found["hits"]] == ["The oak is old."]
    assert found["model"] is None
    assert found["note"] == "Only words are compared: PERSISTENTAI_EMBEDDER is `none`."


async def test_a_postgres_without_pgvector_compares_words(
    make_database: object, me: Author, tmp_path: Path
) -> None:
    async with make_pool(make_database(), name="test", min_size=1, max_size=4) as pool:  # type: ignore[operator]
        async with pool.connection() as connection:
            await connection.execute("DROP EXTENSION vector CASCADE")
            await connection.execute("DROP TABLE pai.text_vector")
        tree = MemoryTree(pool, Blobs(pool, tmp_path))
        await tree.write(me, Remember(text="The oak is old."))

        found = (await tree.answer(me, Recall(query="old oak"))).value

    assert [hit["chunk"]["text"] for hit in found["hits"]] == ["The oak is old."]
    assert "pgvector" in found["note"]
