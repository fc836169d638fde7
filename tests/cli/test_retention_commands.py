import pytest

PART = {"runs": 2, "blobs": 1, "blob_bytes": 1_000_000, "legs": 0, "longest_s": 0.1}


def methods(gateway):
    return [request.method for request in gateway.requests]


def test_retention_says_how_long_and_what_is_due(gateway, command):
    said = command("retention")

    assert said.code == 0
    assert "kept 90 days, of failed ones for ever; the last 20 of each flow" in said.out
    assert "Due now: values of 3 runs; 2 blobs (5.0 MB)" in said.out
    assert methods(gateway) == ["GET"]


def test_another_policy_is_chosen(gateway, command):
    command("retention", "--keep-days", "7", "--keep-failed-days", "forever", "--keep-last", "0")

    assert methods(gateway) == ["GET", "POST", "PUT"]
    assert gateway.bodies[-1] == {"keep_days": 7, "keep_failed_days": None, "keep_last": 0}


def test_a_dry_run_asks_what_would_go_and_changes_nothing(gateway, command):
    said = command("retention", "--keep-days", "7", "--sweep", "--dry-run", "--json")

    assert (said.code, said.json["due"]["runs"], said.json["done"]["runs"]) == (0, 7, 0)
    assert said.json["policy"]["keep_days"] == 7
    assert [request.url.path.rpartition("/")[2] for request in gateway.requests] == [
        "retention",
        "would",
    ]


def test_a_sweep_goes_on_until_nothing_is_left(gateway, command):
    gateway.sweeps = [PART | {"more": True}, PART | {"more": False}]

    said = command("retention", "--sweep")

    assert (said.code, gateway.sweeps) == (0, [])
    assert "Let go: values of 4 runs; 2 blobs (2.0 MB)" in said.out


@pytest.mark.parametrize("days", ["-1", "soon", "1.5"])
def test_what_is_no_number_of_days_is_refused(gateway, command, days):
    said = command("retention", "--keep-days", days)

    assert said.code == 1
    assert "is no number of days" in said.err
    assert methods(gateway) == ["GET"]
