"""What can be wrong with the policies of a node: each with its node and what to do."""

from collections.abc import Iterator

from ..errors import Problem
from .control.kinds import RACE, START
from .model import Budget, Node, Policy
from .signature import Effect

_ENGINE_ONLY = frozenset(
    {RACE, "control.gate", "signals.wait_for", "time.sleep", "time.sleep_until"}
)
"""Blocks whose body is the engine: they wait, or hand a value on."""


def policy_problems(node: Node, effect: Effect) -> Iterator[Problem]:
    """Policies that do not go with what the node's block does to the world."""
    policy = node.policy
    if policy is None:
        return
    if node.block in _ENGINE_ONLY:
        yield from _of_engine(node, policy)
        return
    if policy.cache_s is not None and effect not in (Effect.PURE, Effect.READ):
        message = f"{node.block} does something ({effect.value}); a kept result would skip that."
        yield Problem("cache_of_deed", message, "Leave `cache` out.", node.id)
    if effect is Effect.HUMAN and (policy.rate or policy.breaker):
        message = "This asks a person: there is nothing to call less often."
        yield Problem("policy_of_question", message, "Leave `rate` and `breaker` out.", node.id)
    yield from budget_problems(policy, node.id)


def control_policy_problems(node: Node) -> Iterator[Problem]:
    """Of a node that runs flows: it has no body that could be approved, kept or called less."""
    policy = node.policy
    if policy is None:
        return
    given = policy.model_dump(exclude_none=True)
    if node.block == START:
        for name in sorted(given):
            message = f"{node.block} only starts a run, so {_CALLED[name]!r} means nothing here."
            remedy = f"Leave `{_CALLED[name]}` out, or set it in the flow that is started."
            yield Problem("flow_policy", message, remedy, node.id)
        return
    for name in sorted(given.keys() - {"retry", "timeout_s", "budget"}):
        message = f"{node.block} runs flows; it has no body that {_CALLED[name]!r} could apply to."
        remedy = f"Set `{_CALLED[name]}` on the nodes inside."
        yield Problem("flow_policy", message, remedy, node.id)
    yield from budget_problems(policy, node.id)


_CALLED = {
    name: "cache" if name == "cache_s" else name for name in Policy.model_fields
}  # as people write them


def _of_engine(node: Node, policy: Policy) -> Iterator[Problem]:
    """Of a node whose body is the engine itself: it waits, or hands on, and nothing else."""
    for name in sorted(policy.model_dump(exclude_none=True)):
        message = f"{node.block} has no body that {_CALLED[name]!r} could apply to."
        how_long = " Say by its own inputs how long it waits." if name == "timeout_s" else ""
        remedy = f"Leave `{_CALLED[name]}` out.{how_long}"
        yield Problem("policy_without_body", message, remedy, node.id)


def budget_problems(policy: Policy | None, node: str | None) -> Iterator[Problem]:
    """A budget that limits nothing."""
    if policy is not None and policy.budget is not None and is_empty(policy.budget):
        yield empty_budget(node)


def is_empty(budget: Budget) -> bool:
    """Whether it limits nothing."""
    return budget.tokens is None and budget.money is None and budget.seconds is None


def empty_budget(node: str | None) -> Problem:
    """How that is told."""
    return Problem(
        "budget_empty",
        "This budget limits nothing.",
        "Say how many `tokens`, how much `money`, or how many `seconds`.",
        node,
    )
