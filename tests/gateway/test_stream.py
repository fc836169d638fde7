"""Events over WebSocket: resumable from anywhere, whatever restarts; slow readers harm nobody."""

import json
import select
import signal
import socket
import time
from contextlib import suppress

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed

from tests.gateway.conftest import Gateway
from tests.runtime import Runtime, flow, node, until


def wait_flow(seconds: float, steps: int):  # type: ignore[no-untyped-def]
    nodes = [node("n0", "time.wait", seconds=seconds, value=0)]
    nodes += [node(f"n{i}", "time.wait", seconds=seconds) for i in range(1, steps)]
    return flow(*nodes, edges=tuple(f"n{i - 1} > n{i}.value" for i in range(1, steps)))


def positions(frames: list[str]) -> list[int]:
    return [json.loads(frame)["seq"] for frame in frames]


def test_old_events_then_live_ones_then_the_end(gateway: Gateway, runtime: Runtime) -> None:
    gateway.start()
    runtime.worker()
    run = runtime.start(wait_flow(0.1, 5))
    until(lambda: runtime.run(run)["seq"] > 3, "it is under way")

    with gateway.follow(run) as stream:
        frames = [str(frame) for frame in stream]
        code = stream.close_code

    assert positions(frames) == list(range(1, runtime.run(run)["seq"] + 1))
    assert code == 1000
    last = json.loads(frames[-1])
    assert last["event"]["type"] == "run.completed"
    assert last["run"] == run
    assert last["workspace"] == "default"


def test_it_resumes_from_every_position(gateway: Gateway, runtime: Runtime) -> None:
    gateway.start()
    runtime.worker()
    run = runtime.start(wait_flow(0, 3))
    end = runtime.ended(run)["seq"]

    for after in range(end + 1):
        with gateway.follow(run, after) as stream:
            frames = [str(frame) for frame in stream]
        assert positions(frames) == list(range(after + 1, end + 1))


def test_a_gateway_restart_makes_no_gap_and_no_double(gateway: Gateway, runtime: Runtime) -> None:
    process = gateway.start()
    runtime.worker()
    run = runtime.start(wait_flow(0.2, 8))
    frames: list[str] = []
    with gateway.follow(run) as stream:
        for frame in stream:
            frames.append(str(frame))
            if len(frames) == 7:
                process.send_signal(signal.SIGKILL)
                process.wait()
                break

    gateway.start()
    with gateway.follow(run, positions(frames)[-1]) as stream:
        frames += [str(frame) for frame in stream]

    assert positions(frames) == list(range(1, runtime.run(run)["seq"] + 1))


def test_a_gateway_told_to_stop_tells_its_readers(gateway: Gateway, runtime: Runtime) -> None:
    process = gateway.start()
    run = runtime.start(wait_flow(0.2, 3))
    with gateway.follow(run) as stream:
        stream.recv()
        process.terminate()
        with suppress(ConnectionClosed, OSError):
            while True:
                stream.recv()

    assert stream.close_code == 1012
    assert process.wait(60) in (0, -signal.SIGTERM)


def test_a_lost_hint_is_made_good(gateway: Gateway, runtime: Runtime) -> None:
    gateway.start()
    run = runtime.start(wait_flow(0, 1))  # no worker: nothing else happens
    with gateway.follow(run) as stream:
        for _ in range(3):
            stream.recv()
        # An event that nobody is told of.
        runtime.rows(
            """WITH head AS (UPDATE pai.run SET seq = seq + 1 WHERE id = %s RETURNING *)
               INSERT INTO pai.event (workspace, run, seq, at, owner, caller, body)
               SELECT workspace, id, seq, now(), owner, caller, '{"type":"node.logged"}' FROM head
               RETURNING 1""",
            run,
        )

        assert json.loads(stream.recv(timeout=60))["seq"] == 4


def test_the_hub_comes_back_after_its_connections_were_cut(
    gateway: Gateway, runtime: Runtime
) -> None:
    gateway.start()
    run = runtime.start(wait_flow(0.05, 6))
    with gateway.follow(run) as stream:
        frames = [str(stream.recv()) for _ in range(3)]
        with psycopg.connect(runtime.database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name LIKE 'persistentai-%'"
            )
        runtime.worker()
        frames += [str(frame) for frame in stream]

    assert positions(frames) == list(range(1, runtime.run(run)["seq"] + 1))


def test_no_such_run(gateway: Gateway) -> None:
    gateway.start()
    with gateway.follow("r-none") as stream, pytest.raises(ConnectionClosed):
        stream.recv()

    assert stream.close_code == 4404


def test_a_reader_that_never_reads_is_closed_and_may_resume(
    gateway: Gateway, runtime: Runtime
) -> None:
    process = gateway.start()
    run = runtime.start(wait_flow(0, 1))
    big = json.dumps({"type": "node.logged", "level": "info", "message": "x" * 9_000})
    runtime.rows(
        """WITH head AS (UPDATE pai.run SET seq = seq + 5000 WHERE id = %s RETURNING *)
           INSERT INTO pai.event (workspace, run, seq, at, owner, caller, body)
           SELECT workspace, id, 3 + n, now(), owner, caller, %s
           FROM head, generate_series(1, 5000) n RETURNING 1""",
        run,
        big,
    )
    deaf = socket.socket(socket.AF_UNIX)
    deaf.connect(gateway.socket)
    deaf.sendall(
        f"GET /persistentai/api/v1/runs/{run}/events HTTP/1.1\r\nHost: gateway\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    try:
        before = resident_kb(process.pid)
        until(lambda: hung_up(deaf), "it is closed", within_s=120)
        after = resident_kb(process.pid)
    finally:
        deaf.close()

    assert after - before < 60_000, "45 MB of events were not buffered for it"
    with gateway.follow(run, 5000) as stream:
        assert positions([str(stream.recv()) for _ in range(3)]) == [5001, 5002, 5003]


def hung_up(deaf: socket.socket) -> bool:
    """Whether the other side has closed, without reading anything."""
    poller = select.poll()
    poller.register(deaf.fileno(), select.POLLRDHUP | select.POLLHUP)
    return bool(poller.poll(100))


def resident_kb(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmRSS"):
                return int(line.split()[1])
    raise AssertionError(f"{pid} is gone at {time.time()}")
