"""Close facts that newer ones contradict."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.knowledge.consolidate import contradicted


@block(
    title="Settle contradictions",
    effect="store",
    record_key="predicates",
    examples=(Example(inputs={"predicates": ["lives in", "works at"]}),),
)
async def settle(predicates: list[str], *, ctx: Context = LENT) -> list[str]:
    """Where a subject has several objects and can have but one, close all but the newest.

    The newest is the one that holds since latest; of those, the surest. No model is asked.

    Args:
        predicates: Those that have one object at a time: `lives in`, `is married to`, …
        ctx: Lent by the engine. Not a port.

    Returns:
        What was closed, in words.
    """
    told = []
    for predicate in dict.fromkeys(predicates):
        found = await ctx.memory.knowledge.facts(predicate=predicate, limit=10_000)
        for old, new in contradicted(found):
            ctx.memory.knowledge.close_fact(
                str(old.subject), predicate, old.object, valid_to=new.valid_from,
                because=f"since then: {new.object}", missing_ok=True,
            )  # fmt: skip
            told.append(f"{old.subject} {predicate} {old.object} (now: {new.object})")
    return told
