"""What a person who asks over HTTP waits for, and what the runtime spends on it."""

import asyncio
import statistics
import time
from types import TracebackType

from latency import Lab, first_event, worker_pid

from persistentai_lab.flow.model import FlowSpec
from persistentai_lab.supervisor import status

from .cpu import cpu_ms, family_cpu_ms
from .flows import PURE, READ, branches, chain
from .ours import Asker


class OverHttp:
    """Measures on a runtime whose worker and gateway are known."""

    chains = 20
    """So many chains in a round."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.worker = worker_pid(lab, 1)
        found = status(lab.home)
        assert found.gateway.pid
        assert found.postgres.pid
        self._gateway, self._postgres = found.gateway.pid, found.postgres.pid

    def __enter__(self) -> "OverHttp":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lab.http.close()

    def chain(self) -> dict[str, float]:
        """Chains of 20 pure blocks one after another: POST → the reader has the end."""
        spec, walls = chain(PURE), []
        before, postgres = self._spent_ms(), family_cpu_ms([self._postgres])
        for _ in range(self.chains):
            began = time.perf_counter()
            self._lab.until(self._lab.start(spec), "run.completed")
            walls.append((time.perf_counter() - began) * 1e3)
        return {
            "wall_ms": statistics.median(walls),
            "cpu_ms": (self._spent_ms() - before) / self.chains,
            "postgres_ms": (family_cpu_ms([self._postgres]) - postgres) / self.chains,
        }

    def seconds(self) -> dict[str, float]:
        """Ten branches of a second each."""
        before, began = self._spent_ms(), time.perf_counter()
        self._lab.until(self._lab.start(branches(READ, seconds=1)), "run.completed")
        return {
            "wall_ms": (time.perf_counter() - began) * 1e3,
            "cpu_ms": self._spent_ms() - before,
        }

    def throughput(self, runs: int = 160) -> dict[str, float]:
        """Chains of 20, eight at a time."""
        before, began = self._spent_ms(), time.perf_counter()
        asyncio.run(self._eight_at_a_time(chain(PURE), runs))
        took = time.perf_counter() - began
        return {
            "wall_ms": took * 1e3,
            "cpu_ms": (self._spent_ms() - before) / runs,
            "runs_s": runs / took,
        }

    def first_step(self, runs: int = 20) -> dict[str, float]:
        """POST → the first step starts, by its own time, and the reader has it."""
        was, seen = first_event(self._lab, runs, "node.started")
        return {"wall_ms": statistics.median(was), "seen_ms": statistics.median(seen)}

    def idle(self, seconds: float = 15.0) -> dict[str, float]:
        """Percent of a core that worker and gateway take when nobody asks anything."""
        time.sleep(5)
        worker, gateway = cpu_ms(self.worker), cpu_ms(self._gateway)
        time.sleep(seconds)
        return {
            "worker_percent": (cpu_ms(self.worker) - worker) / seconds / 10,
            "gateway_percent": (cpu_ms(self._gateway) - gateway) / seconds / 10,
        }

    def _spent_ms(self) -> float:
        return cpu_ms(self.worker) + cpu_ms(self._gateway)

    async def _eight_at_a_time(self, spec: FlowSpec, runs: int) -> None:
        async def start(spec: FlowSpec) -> str:
            return await asyncio.to_thread(self._lab.start, spec)

        async with Asker(self._lab.home.database_url, start) as asker:
            await asker.runs(spec, runs, 8)
