import threading

import pytest

from persistentai_lab.client import Address, Client
from persistentai_lab.errors import RunNotFound, RuntimeDown
from tests.client.gateway_double import envelope, run_of


def positions(stream):
    return [event.seq for event in stream]


def test_events_come_in_order_until_the_run_ends(gateway, client):
    gateway.events = run_of(20)

    assert positions(client.follow("r-1")) == list(range(1, 21))


def test_reader_begins_after_a_position(gateway, client):
    gateway.events = run_of(20)

    assert positions(client.follow("r-1", after=15)) == [16, 17, 18, 19, 20]


@pytest.mark.parametrize("code", [1012, 1011, 4408, 1013])
def test_lost_stream_goes_on_without_gap_or_double(gateway, client, code):
    gateway.events = run_of(20)
    gateway.cuts = [(7, code), (0, code), (5, code)]
    lost = []

    assert positions(client.follow("r-1", on_lost=lost.append)) == list(range(1, 21))

    assert gateway.afters == [0, 7, 7, 12]
    assert len(lost) == 3


def test_events_sent_twice_are_given_out_once(gateway, client):
    gateway.events = [envelope(1, "run.created"), *run_of(5)]

    assert positions(client.follow("r-1")) == [1, 2, 3, 4, 5]


def test_stream_survives_a_gateway_that_hangs_up_and_comes_back(gateway, client):
    gateway.events = run_of(20)[:10]
    stream = client.follow("r-1")
    first = [next(stream).seq for _ in range(10)]

    gateway.stop()
    gateway.events = run_of(20)
    threading.Timer(0.2, gateway.start).start()

    assert first + positions(stream) == list(range(1, 21))


def test_stream_polls_where_websockets_do_not_pass(gateway, client):
    gateway.no_websockets = True
    gateway.events = run_of(1200)

    assert positions(client.follow("r-1")) == list(range(1, 1201))
    assert gateway.afters == []


def test_unknown_run_is_said_so(client):
    with pytest.raises(RunNotFound):
        list(client.follow("r-2"))


def test_patience_ends(tmp_path):
    with (
        Client(Address(socket=tmp_path / "none.sock")) as client,
        pytest.raises(RuntimeDown, match=r"none\.sock"),
    ):
        list(client.follow("r-1", patience_s=0.2))


def test_closing_ends_a_stream_that_waits(gateway, client):
    gateway.events = run_of(5)[:2]
    stream = client.follow("r-1")
    assert [next(stream).seq for _ in range(2)] == [1, 2]
    threading.Timer(0.2, stream.close).start()

    assert positions(stream) == []


def test_facts_from_a_newer_runtime_are_carried(gateway, client):
    gateway.events = [envelope(1, "moon.risen", phase="full"), *run_of(5)[1:]]

    first = next(client.follow("r-1"))

    assert first.type == "moon.risen"
    assert first.event["phase"] == "full"


def test_wait_follows_the_run_to_its_end(gateway, client):
    gateway.events = run_of(5)[:3]

    def end():
        gateway.status = "completed"
        gateway.events = run_of(5)

    threading.Timer(0.2, end).start()

    assert client.wait("r-1", timeout=60).status == "completed"


def test_stream_that_is_closed_while_it_connects_ends(gateway, client, monkeypatch):
    gateway.events = run_of(3)[:2]
    stream = client.follow("r-1")
    connect = stream._connect

    def slowly():
        connection = connect()
        stream.close()  # as another thread would: there is no connection to close yet
        return connection

    monkeypatch.setattr(stream, "_connect", slowly)

    assert list(stream) == []
