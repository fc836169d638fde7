"""Two releases at once: a run goes to a worker that has what it is pinned to, or says its needs."""

import asyncio
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from persistentai_lab.blocks.registry import blocks_of, catalogue
from persistentai_lab.engine.ability import POLICIES, had, needed
from persistentai_lab.engine.commands.commands import Commands
from persistentai_lab.engine.legs import PROTOCOL, sync_engine
from persistentai_lab.flow.model import FlowSpec, Node, Policy
from persistentai_lab.flow.signature import Signature
from persistentai_lab.ids import RunId
from persistentai_lab.storage.pool import make_pool
from persistentai_lab.storage.runs import Runs, RunSummary
from tests.runtime import ME, Runtime, flow, node, until


class Release:
    """A package of blocks as it is installed, in a folder of its own."""

    def __init__(self, folder: Path, version: int) -> None:
        self.folder = folder / f"release-{version}"
        info = self.folder / "greetings-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greetings\nVersion: 1\n")
        (info / "entry_points.txt").write_text(
            "[persistentai_lab.blocks]\ngreetings = greeting_blocks\n"
        )
        self.file = self.folder / "greeting_blocks.py"
        self.file.write_text(
            "from persistentai_lab.blocks import block\n\n\n"
            f'@block(name="greetings.greet", effect="read", version={version})\n'
            "def greet(who: str) -> str:\n"
            '    """Greet somebody."""\n'
            f'    return f"{{who}} by {version}"\n'
        )

    def catalogue(self) -> Mapping[str, Signature]:
        """What a gateway of this release knows."""
        spec = spec_from_file_location("greeting_blocks", self.file)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return {**catalogue(), **{it.name: it.signature for it in blocks_of(module)}}


def greeting(version: int) -> FlowSpec:
    greet = Node(id="greet", block="greetings.greet", version=version, values={"who": "Ada"})
    return flow(greet, outputs={"said": "greet"})


@pytest.fixture
def releases(tmp_path: Path) -> dict[int, Release]:
    return {version: Release(tmp_path, version) for version in (1, 2)}


def start(runtime: Runtime, release: Release, spec: FlowSpec) -> RunId:
    engine = sync_engine(runtime.database_url)
    try:
        commands = Commands(engine, release.catalogue())
        return asyncio.run(commands.start(spec, {}, (), ME)).run
    finally:
        engine.dispose()


def listed(runtime: Runtime) -> list[RunSummary]:
    async def read() -> list[RunSummary]:
        async with make_pool(runtime.database_url, name="test", min_size=1, max_size=1) as pool:
            return await Runs(pool).newest(ME.workspace)

    return asyncio.run(read())


def test_each_run_goes_to_a_worker_of_the_release_it_is_pinned_to(
    runtime: Runtime, releases: dict[int, Release]
) -> None:
    runtime.worker(beside=releases[1].folder)
    runtime.worker(beside=releases[2].folder)

    runs = {
        start(runtime, releases[version], greeting(version)): version
        for version in (1, 2, 1, 2, 1, 2, 1, 2)
    }

    for run, version in runs.items():
        assert runtime.ended(run)["outputs"] == {"said": {"json": f"Ada by {version}"}}
        (begun,) = runtime.events(run, "run.started")
        assert begun["body"]["worker"] == f"worker-{version}"
        assert runtime.events(run, "run.stranded") == []


def test_a_run_that_no_living_worker_can_take_says_what_it_needs_and_goes_on_when_one_comes(
    runtime: Runtime, releases: dict[int, Release]
) -> None:
    runtime.worker(beside=releases[1].folder)
    run = start(runtime, releases[2], greeting(2))

    (told,) = until(lambda: runtime.events(run, "run.stranded"), "it says what it needs")
    other = runtime.start(flow(node("a", "numbers.add", left=1, right=2), outputs={"sum": "a"}))

    assert told["body"]["needs"] == ["greetings.greet@2"]
    assert runtime.ended(other)["status"] == "completed", "it keeps nobody waiting"
    assert runtime.run(run)["status"] == "queued"
    assert {it.run_id: it.needs for it in listed(runtime)}[run] == ["greetings.greet@2"]
    runtime.worker(beside=releases[2].folder)
    assert runtime.ended(run)["outputs"] == {"said": {"json": "Ada by 2"}}
    assert len(runtime.events(run, "run.stranded")) == 1
    assert listed(runtime)[1].needs is None


def test_a_run_whose_only_worker_dies_waits_for_another_of_its_release(
    runtime: Runtime, releases: dict[int, Release], tmp_path: Path
) -> None:
    old, new = releases[1], releases[2]
    gate = (
        f"    import os, time\n    while not os.path.exists({str(tmp_path / 'go')!r}):\n"
        "        time.sleep(0.02)\n    return f"
    )
    new.file.write_text(new.file.read_text().replace("    return f", gate))
    doomed = runtime.worker(beside=new.folder)
    run = start(runtime, new, greeting(2))
    until(lambda: runtime.events(run, "node.started"), "the body began")
    runtime.worker(beside=old.folder)

    doomed.kill()
    (told,) = until(lambda: runtime.events(run, "run.stranded"), "it says what it needs")
    (tmp_path / "go").touch()
    runtime.worker(beside=new.folder)

    assert told["body"]["needs"] == ["greetings.greet@2"]
    assert runtime.ended(run)["outputs"] == {"said": {"json": "Ada by 2"}}
    assert len(runtime.events(run, "run.recovered")) == 1


def test_cancelling_a_run_that_waits_for_a_release_ends_it(
    runtime: Runtime, releases: dict[int, Release]
) -> None:
    runtime.worker()
    run = start(runtime, releases[2], greeting(2))
    until(lambda: runtime.events(run, "run.stranded"), "it says what it needs")

    runtime.cancel(run)

    assert runtime.ended(run)["status"] == "cancelled"
    assert listed(runtime)[0].needs is None


def test_what_is_needed_names_versions_of_installed_blocks_and_the_protocol_only() -> None:
    installed = catalogue()
    mine = installed["numbers.add"].model_copy(update={"block": "my_module:add"})

    spec = flow(node("a", "numbers.add", left=1, right=2))
    cached = flow(node("a", "numbers.add", Policy(cache_s=1), left=1, right=2))
    need = needed(spec, [installed["numbers.add"], mine], PROTOCOL)

    assert need.names == ("numbers.add@1", PROTOCOL)
    assert set(need.names) <= set(had(installed, PROTOCOL).names)
    assert need.hash == needed(spec, [installed["numbers.add"]], PROTOCOL).hash
    more = needed(cached, [installed["numbers.add"]], PROTOCOL)
    assert set(more.names) - set(need.names) == {POLICIES}
    assert set(more.names) <= set(had(installed, PROTOCOL).names)
