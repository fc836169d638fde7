"""What can be wrong with the policies of a node: each with its node and what to do."""

from collections.abc import Iterator

from ..errors import Problem
from .model import Budget, Node, Policy
from .signature import Effect


def policy_problems(node: Node, effect: Effect) -> Iterator[Problem]:
    """Policies that do not go with what the node's block does to the world."""
    policy = node.policy
    if policy is None:
        return
    if policy.cache_s is not None and effect not in (Effect.PURE, Effect.READ):
        message = f"{node.block} does something ({effect.value}); a kept result would skip that."
        yield Problem("cache_of_deed", message, "Leave `cache` out.", node.id)
    if effect is Effect.HUMAN and (policy.rate or policy.breaker):
        message = "This asks a person: there is nothing to call less often."
        yield Problem("policy_of_question", message, "Leave `rate` and `breaker` out.", node.id)
    yield from budget_problems(policy, node.id)


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
