"""Git's side of bench/files.py, in an environment that has pygit2: prints its times as JSON."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")
FOLDERS = 100
TIMES = 6
"""What takes a moment is measured so often, on both sides."""


def path_of(n: int) -> str:
    """Spread over all folders."""
    return f"d{n % FOLDERS:02}/f{n:05}.txt"


def content(n: int, version: object) -> bytes:
    """200 bytes that nobody else has."""
    return f"{n} {version} ".encode().ljust(200, b".")


def main(folder: str) -> None:
    """Measure each case once, in a new repository."""
    import pygit2

    def durable(wanted: bool) -> None:
        pygit2.option(pygit2.enums.Option.ENABLE_FSYNC_GITDIR, wanted)

    durable(True)
    repo = pygit2.init_repository(folder, bare=True)
    me = pygit2.Signature("bench", "bench@localhost")
    index = pygit2.Index()
    found: dict[str, float] = {}

    def commit(numbers: range, version: int) -> object:
        for n in numbers:
            blob = repo.create_blob(content(n, version))
            index.add(pygit2.IndexEntry(path_of(n), blob, pygit2.enums.FileMode.BLOB))
        return enter(index.write_tree(repo))

    def enter(tree: object) -> object:
        heads = [name for name in repo.references if name == "refs/heads/main"]
        parents = [repo.references[name].target for name in heads]
        return repo.create_commit("refs/heads/main", me, me, "c", tree, parents)

    def timed(name: str, *works: Callable[[], T]) -> T:
        took = []
        for work in works:
            begun = time.perf_counter()
            result = work()
            took.append((time.perf_counter() - begun) * 1e3)
        found[name] = statistics.median(took)
        return result

    timed("commit of 1,000 new files", lambda: commit(range(1_000), 0))
    durable(False)  # what is not measured needn't wait for the disk
    first = commit(range(1_000, 10_000), 0)
    durable(True)
    second = timed("100 changes in 10,000 files", lambda: commit(range(0, 10_000, 100), 1))

    def diff() -> object:
        return list(repo.diff(first, second).deltas)

    def branch(n: int) -> Callable[[], object]:
        return lambda: repo.branches.local.create(f"b{n}", repo[second])

    timed("diff of two 10,000-file versions", *[diff] * TIMES)
    timed("branch", *(branch(n) for n in range(TIMES)))
    for case in ("restore of a 10,000-file version", "restore, all 10,000 changed"):
        pairs = [first, second] * (TIMES // 2)
        timed(case, *(partial(lambda to: enter(repo[to].tree.id), to) for to in pairs))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
