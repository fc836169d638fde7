"""What a race makes of failures, and what nobody needs any more because of it.

A race goes on with the first value that comes. So who fails before is only out of it, as long as
another may still come; once all are out, the race itself fails. All of this follows from what is
recorded, never from when it happened: so after a crash it is the same.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from ..ids import NodeId

if TYPE_CHECKING:
    from .records.record import Version


def runners(version: "Version") -> frozenset[NodeId]:
    """Nodes whose values go to races only, directly or by way of each other."""
    if not version.races:
        return frozenset()
    given = {NodeId(ref.node) for ref in version.spec.outputs.values()}
    found: set[NodeId] = set()
    for node in reversed(version.plan.order):
        users = version.users[node]
        if users and node not in given and version.races.union(found).issuperset(users):
            found.add(node)
    return frozenset(found)


def out(version: "Version", failed: Collection[NodeId]) -> dict[NodeId, NodeId]:
    """Nodes that no value comes from any more, each with the one that has failed before it.

    Args:
        version: The flow.
        failed: Runners that have failed for good.
    """
    found = {node: node for node in failed}
    if not found:
        return found
    for node in version.plan.order:
        if node not in found and node not in version.races:
            causes = [found[need] for need in version.plan.before[node] if need in found]
            if causes:
                found[node] = causes[0]
    return found


def beaten(
    version: "Version", done: Collection[NodeId], failed: Collection[NodeId]
) -> list[NodeId]:
    """Races that no value can come to any more, and that have not failed yet themselves."""
    if not failed:
        return []
    lost = out(version, failed)
    return [
        race
        for race in version.plan.order
        if race in version.races and race not in done and race not in lost
        if version.plan.before[race] and all(need in lost for need in version.plan.before[race])
    ]


def unneeded(
    version: "Version", done: Collection[NodeId], failed: Collection[NodeId]
) -> list[NodeId]:
    """Nodes that could only serve a race that is decided, or somebody who is out of it.

    A node whose value also goes elsewhere (to another node, to an output of the flow) is none of
    them, and neither is what feeds it.

    Args:
        version: The flow.
        done: Nodes whose outputs are there.
        failed: Runners that have failed for good.
    """
    decided = version.races & set(done)
    if not failed and not decided:
        return []
    found = set(out(version, failed))
    for node in reversed(version.plan.order):
        is_wanted = any(user not in found and user not in decided for user in version.users[node])
        if node in version.runners and node not in done and not is_wanted:
            found.add(node)
    return [node for node in version.plan.order if node in found]


def defeats(version: "Version", race: NodeId, failed: Mapping[NodeId, object]) -> list[NodeId]:
    """Who has failed on the way to a race, in the order of its ports."""
    lost, feeds = out(version, failed), version.feeds[race]
    sources = (NodeId(feeds[port].node) for port in sorted(feeds))
    return list(dict.fromkeys(lost[source] for source in sources if source in lost))
