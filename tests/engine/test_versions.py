"""A flow that is known already is pinned as it was, and asked for nothing less."""

import pytest

from persistentai_lab.blocks.registry import catalogue
from persistentai_lab.engine.commands import versions
from persistentai_lab.engine.commands.versions import Versions
from persistentai_lab.errors import FlowInvalid
from persistentai_lab.flow.model import FlowInput, FlowSpec, PortRef
from tests.runtime import flow, ledger_module, mine, node

THEIRS = {signature.block: signature for signature in ledger_module().signatures}


def constant(value: object) -> FlowSpec:
    return flow(node("a", "values.constant", value=value))  # type: ignore[arg-type]


def test_the_same_flow_is_worked_out_once() -> None:
    known = Versions(catalogue())
    first = known.pin(constant(1), {}, {}, {})

    again = known.pin(FlowSpec.model_validate_json(constant(1).model_dump_json()), {}, {}, {})
    once_more = known.pin(constant(1), {}, {}, {})

    assert once_more is first
    assert again.flow_hash == first.flow_hash


@pytest.mark.parametrize("other", [1.0, True, "1", [1], None, 2])
def test_another_value_is_another_flow(other: object) -> None:
    known = Versions(catalogue())
    known.pin(constant(1), {}, {}, {})

    assert known.pin(constant(other), {}, {}, {}).spec.nodes[0].values == {"value": other}


def test_nan_is_not_taken_for_null() -> None:
    known = Versions(catalogue())
    known.pin(constant(None), {}, {}, {})

    with pytest.raises(FlowInvalid, match="NaN"):
        known.pin(constant(float("nan")), {}, {}, {})


def test_the_inputs_of_a_known_flow_are_checked_each_time() -> None:
    known = Versions(catalogue())
    spec = flow(node("a", "numbers.add", right=1)).model_copy(
        update={
            "inputs": {"x": FlowInput(type={"type": "number"})},
            "edges": flow(edges=("$input.x > a.left",)).edges,
            "outputs": {"sum": PortRef(node="a", port="result")},
        }
    )
    known.pin(spec, {"x": 1}, {}, {})

    with pytest.raises(FlowInvalid) as caught:
        known.pin(spec, {"x": "text"}, {}, {})

    assert [problem.port for problem in caught.value.problems] == ["x"]
    assert known.pin(spec, {"x": 2}, {}, {}).defaults == {}


def test_other_code_of_the_callers_own_is_another_version() -> None:
    known = Versions(catalogue())
    spec = flow(node("a", mine("large"), megabytes=1))
    first = known.pin(spec, {}, {}, THEIRS)
    changed = THEIRS[mine("large")].model_copy(update={"timeout_s": 7.0})

    other = known.pin(spec, {}, {}, {**THEIRS, mine("large"): changed})

    assert known.pin(spec, {}, {}, THEIRS) is first
    assert [it.timeout_s for it in other.signatures.values()] == [7.0]


def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "KEPT", 2)
    known = Versions(catalogue())
    first, second = (known.pin(constant(n), {}, {}, {}) for n in (1, 2))

    assert known.pin(constant(1), {}, {}, {}) is first  # so the other is the older one
    known.pin(constant(3), {}, {}, {})

    assert known.pin(constant(1), {}, {}, {}) is first
    assert known.pin(constant(2), {}, {}, {}) is not second
