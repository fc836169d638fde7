"""A double of lakeFS: no lakeFS server can be had here, so this stands in for one.

It is ours, and proves nothing about lakeFS itself: it follows lakeFS's API and its table of errors
as far as our backend goes, keeps all in memory, and can lose answers. What it answers is read by
the real `lakefs-sdk`, whose models refuse what doesn't fit the API.
"""

import random
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.lakefs.graveler import Entry, Refused, Repository

API = "/api/v1"
KEY_ID, SECRET = "double", "not-a-secret"
BASIC = "Basic ZG91YmxlOm5vdC1hLXNlY3JldA=="


@dataclass
class Faults:
    """Which answers are lost: after the effect, before it, or an error in the place of the answer.

    Args:
        rate: Of the calls that change something.
        seed: The same seed loses the same ones.
    """

    rate: float = 0.0
    seed: int = 0
    lost: int = 0
    """So far."""
    kinds: tuple[str, ...] = ("cut after", "503 after", "cut before", "503 before")
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def next(self) -> str | None:
        if self._random.random() >= self.rate:
            return None
        self.lost += 1
        return self._random.choice(self.kinds)


class Losing:
    """Loses answers of calls that change something."""

    def __init__(self, app: ASGIApp, double: "LakeFSDouble") -> None:
        self._app = app
        self._double = double

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] == "GET":
            await self._app(scope, receive, send)
            return
        self._double.changes += 1
        fault = self._double.faults.next()
        if fault is None:
            await self._app(scope, receive, send)
            return
        if fault.endswith("after"):

            async def nobody(message: Message) -> None:
                pass

            await self._app(scope, receive, nobody)
        if fault.startswith("503"):
            await Response("no healthy upstream", 503)(scope, receive, send)
            return
        # A head that promises more than comes, then nothing: the connection is closed.
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionError


class LakeFSDouble:
    """The server; `with LakeFSDouble.running() as double` starts it on a free port."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.faults = Faults()
        self.changes = 0
        """Calls that would change something."""
        self.url = ""

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["LakeFSDouble"]:
        double = cls()
        # With its protocol named, or asyncio would leave Nagle's delay on: 40 ms an answer.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        double.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(Losing(double.app(), double), log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield double
        finally:
            server.should_exit = True
            thread.join(60)
            listening.close()

    def app(self) -> Starlette:
        inside = f"{API}/repositories/{{repository}}"
        routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("POST", f"{API}/repositories", self._create_repository),
            ("GET", inside, _repository),
            ("GET", f"{inside}/branches", _list_branches),
            ("POST", f"{inside}/branches", _create_branch),
            ("GET", f"{inside}/branches/{{branch}}", _get_branch),
            ("DELETE", f"{inside}/branches/{{branch}}", _delete_branch),
            ("PUT", f"{inside}/branches/{{branch}}", _reset_branch),
            ("POST", f"{inside}/branches/{{branch}}/objects", _upload),
            ("POST", f"{inside}/branches/{{branch}}/objects/delete", _delete_objects),
            ("POST", f"{inside}/branches/{{branch}}/objects/copy", _copy),
            ("PUT", f"{inside}/branches/{{branch}}/objects/stat/user_metadata", _set_metadata),
            ("POST", f"{inside}/branches/{{branch}}/commits", _commit),
            ("GET", f"{inside}/refs/{{ref}}/objects", _get_object),
            ("GET", f"{inside}/refs/{{ref}}/objects/stat", _stat),
            ("GET", f"{inside}/refs/{{ref}}/objects/ls", _list_objects),
            ("GET", f"{inside}/refs/{{ref}}/commits", _log),
            ("GET", f"{inside}/refs/{{left}}/diff/{{right}}", _diff),
            ("POST", f"{inside}/refs/{{source}}/merge/{{branch}}", _merge),
            ("GET", f"{inside}/commits/{{ref}}", _get_commit),
            ("GET", f"{inside}/tags", _list_tags),
            ("POST", f"{inside}/tags", _create_tag),
            ("GET", f"{inside}/tags/{{tag}}", _get_tag),
            ("DELETE", f"{inside}/tags/{{tag}}", _delete_tag),
        ]
        return Starlette(
            routes=[Route(path, self._guarded(do), methods=[how]) for how, path, do in routes]
        )

    def _guarded(self, do: Callable[..., Any]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if request.headers.get("authorization") != BASIC:
                return JSONResponse({"message": "error authenticating request"}, 401)
            body = await request.body()
            try:
                if (name := request.path_params.get("repository")) is not None:
                    if name not in self.repositories:
                        raise Refused(404, "repository not found")
                    return _answered(do(self.repositories[name], request, body))
                return _answered(do(request, body))
            except Refused as refused:
                return JSONResponse({"message": refused.message}, refused.status)

        return endpoint

    def _create_repository(self, request: Request, body: bytes) -> tuple[int, Any]:
        said = _json(body)
        if said["name"] in self.repositories:
            raise Refused(409, "error creating repository: not unique")
        made = Repository(said["name"], said["storage_namespace"], said["default_branch"])
        self.repositories[made.name] = made
        return 201, made.told


def settings_of(double: LakeFSDouble, folder: Path) -> dict[str, str]:
    """A runtime's settings to reach it; the secret goes into a file of the folder."""
    secret = folder / "secret"
    secret.write_text(SECRET)
    return {
        "PERSISTENTAI_LAKEFS_URL": double.url,
        "PERSISTENTAI_LAKEFS_NAMESPACE": "mem://objects",
        "PERSISTENTAI_LAKEFS_KEY_ID": KEY_ID,
        "PERSISTENTAI_LAKEFS_SECRET_FILE": str(secret),
    }


def _answered(answer: Any) -> Response:
    if isinstance(answer, Response):
        return answer
    status, told = answer
    return Response(status_code=status) if told is None else JSONResponse(told, status)


def _json(body: bytes) -> Any:
    import json

    return json.loads(body)


def _page(request: Request, rows: list[Any], place: Callable[[Any], str]) -> tuple[int, Any]:
    """As lakeFS pages: `after` is the last of the page before, `amount` at most 1,000."""
    amount = min(int(request.query_params.get("amount", 100)), 1_000)
    page = rows[:amount]
    more = len(rows) > amount
    pagination = {
        "has_more": more, "next_offset": place(page[-1]) if more else "", "results": len(page),
        "max_per_page": 1_000,
    }  # fmt: skip
    return 200, {"pagination": pagination, "results": page}


def _after(request: Request, rows: list[Any], place: Callable[[Any], str]) -> list[Any]:
    after, prefix = request.query_params.get("after", ""), request.query_params.get("prefix", "")
    return [row for row in rows if place(row) > after and place(row).startswith(prefix)]


def _repository(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    return 200, repo.told


def _list_branches(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    rows = [{"id": name, "commit_id": repo.branches[name].head} for name in sorted(repo.branches)]
    return _page(request, _after(request, rows, _id), _id)


def _list_tags(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    rows = [{"id": name, "commit_id": repo.tags[name]} for name in sorted(repo.tags)]
    return _page(request, _after(request, rows, _id), _id)


def _id(row: Any) -> str:
    return str(row["id"])


def _path(row: Any) -> str:
    return str(row["path"])


def _create_branch(repo: Repository, request: Request, body: bytes) -> Response:
    said = _json(body)
    return Response(repo.branch(said["name"], said["source"]), 201, media_type="text/html")


def _get_branch(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    name = request.path_params["branch"]
    return 200, {"id": name, "commit_id": repo.branch_of(name).head}


def _delete_branch(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    repo.delete_branch(request.path_params["branch"])
    return 204, None


def _reset_branch(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    assert _json(body)["type"] == "reset"
    repo.branch_of(request.path_params["branch"]).staged.clear()
    return 204, None


def _upload(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    prefix = "x-lakefs-meta-"
    metadata = {
        name.removeprefix(prefix): value
        for name, value in request.headers.items()
        if name.startswith(prefix)
    }
    kind = request.headers.get("content-type", "application/octet-stream")
    entry = Entry(bytes(body), kind, metadata)
    path = request.query_params["path"]
    repo.stage(request.path_params["branch"], path, entry)
    return 201, entry.told(path)


def _delete_objects(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    paths = _json(body)["paths"]
    if len(paths) > 1_000:
        raise Refused(500, "request size exceeded, max paths is set to 1000")
    for path in paths:
        repo.stage(request.path_params["branch"], path, None)
    return 200, {"errors": []}


def _copy(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    said, path = _json(body), request.query_params["dest_path"]
    branch = request.path_params["branch"]
    entry = repo.entry(said.get("src_ref") or branch, said["src_path"])
    repo.stage(branch, path, entry)
    return 201, entry.told(path)


def _set_metadata(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    branch, path = request.path_params["branch"], request.query_params["path"]
    entry = repo.entry(branch, path)
    repo.stage(branch, path, Entry(entry.data, entry.content_type, _json(body)["set"]))
    return 201, None


def _commit(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    said = _json(body)
    made = repo.commit(
        request.path_params["branch"], said["message"], said.get("metadata") or {},
        allow_empty=bool(said.get("allow_empty")), date=said.get("date"),
    )  # fmt: skip
    return 201, made.told


def _merge(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    said = _json(body) if body else {}
    if said.get("squash_merge"):
        raise AssertionError("never squash: it takes away the proof of what was merged")
    made = repo.merge(
        request.path_params["source"], request.path_params["branch"], said.get("message") or "",
        said.get("metadata") or {}, strategy=said.get("strategy"),
        allow_empty=bool(said.get("allow_empty")),
    )  # fmt: skip
    return 200, {"reference": made.id}


def _get_object(repo: Repository, request: Request, body: bytes) -> Response:
    entry = repo.entry(request.path_params["ref"], request.query_params["path"])
    wanted = request.headers.get("range")
    if wanted is None:
        return Response(entry.data, 200, media_type=entry.content_type)
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    if int(first) >= len(entry.data):
        raise Refused(416, "requested range not satisfiable")
    part = entry.data[int(first) : int(last) + 1 if last else None]
    return Response(part, 206, media_type=entry.content_type)


def _stat(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    path = request.query_params["path"]
    return 200, repo.entry(request.path_params["ref"], path).told(path)


def _list_objects(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    assert "delimiter" not in request.query_params, "the double lists flat"
    tree = repo.tree(request.path_params["ref"])
    rows = [tree[path].told(path) for path in sorted(tree)]
    return _page(request, _after(request, rows, _path), _path)


def _log(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    asked = request.query_params
    assert not {"objects", "prefixes", "since", "stop_at"} & set(asked), "not in the double"
    found = repo.log(
        request.path_params["ref"], first_parent=asked.get("first_parent", "").lower() == "true"
    )
    rows = [commit.told for commit in found]
    if after := asked.get("after"):
        ids = [row["id"] for row in rows]
        rows = rows[ids.index(after) + 1 :] if after in ids else []
    return _page(request, rows, _id)


def _diff(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    assert request.query_params.get("type") == "two_dot", "the double knows two dots"
    rows = repo.diff(request.path_params["left"], request.path_params["right"])
    return _page(request, _after(request, rows, _path), _path)


def _get_commit(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    return 200, repo.commit_of(request.path_params["ref"]).told


def _create_tag(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    said = _json(body)
    commit = repo.tag(said["id"], said["ref"])
    return 201, {"id": said["id"], "commit_id": commit}


def _get_tag(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    name = request.path_params["tag"]
    if name not in repo.tags:
        raise Refused(404, "tag not found")
    return 200, {"id": name, "commit_id": repo.tags[name]}


def _delete_tag(repo: Repository, request: Request, body: bytes) -> tuple[int, Any]:
    if request.path_params["tag"] not in repo.tags:
        raise Refused(404, "tag not found")
    del repo.tags[request.path_params["tag"]]
    return 204, None
