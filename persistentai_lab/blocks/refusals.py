"""Why something cannot be shipped, in a sentence, and what to do instead."""

from ..errors import Problem


def undefined(who: str, name: str) -> Problem:
    """A name that nothing in this kernel has."""
    return Problem(
        "undefined_name",
        f"{who} uses {name!r}, which is not defined here.",
        f"Run the cell that defines {name!r}; if that is in another notebook, copy it into this.",
    )


def assigned(who: str, name: str) -> Problem:
    """`global x`, which changes nothing but a child process that ends."""
    return Problem(
        "global_assigned",
        f"{who} assigns the global {name!r}; where it runs, nobody would see that.",
        "Return the value; to remember something between runs, use `records.put`.",
    )


def changed(who: str, name: str, value: object) -> Problem:
    """A list that is appended to, a counter that counts."""
    return Problem(
        "global_changed",
        f"{who} changes the {type(value).__name__} {name!r} in its place; where it runs, nobody "
        "would see that.",
        "Return what is new; to remember something between runs, use `records.put`.",
    )


def magic(who: str, typed: str) -> Problem:
    """`%timeit` and `!ls` in a body."""
    return Problem(
        "needs_notebook",
        f"{who} uses {typed!r}, which only IPython understands.",
        "Write it in Python (`subprocess.run` for commands), or leave it out.",
    )


def needs_notebook(who: str, name: str) -> Problem:
    """What speaks with the person at the notebook."""
    remedy = {
        "input": "Make it an input of the block; `human` blocks ask a person while a flow runs.",
        "breakpoint": "Call the function in a cell to debug it; leave it out of the block.",
    }.get(name, "Return what is to be shown; the cell that has the run shows it.")
    return Problem(
        "needs_notebook", f"{who} uses {name!r}, but it runs where no notebook is.", remedy
    )


def no_source(who: str, what: str) -> Problem:
    """A function that was made of no text that is still to be had."""
    own = f"{who} has no source" if who == repr(what) else f"{who} uses {what!r}, without source"
    return Problem(
        "no_source",
        f"{own}: it was not defined in a cell or a file (but by `exec`, `%%time`, or in C).",
        "Define it with `def` in a cell of its own, or import it from a `.py` file.",
    )


def nameless(who: str, what: str) -> Problem:
    """A lambda in a place where nothing names it."""
    return Problem(
        "nameless_lambda",
        f"{who} uses {what!r}, a lambda without a name.",
        "Define it with `def` at the top of a cell.",
    )


def class_not_found(who: str, cls: type) -> Problem:
    """A class whose statement is gone."""
    return Problem(
        "class_not_found",
        f"{who} uses the class {cls.__qualname__!r}, whose definition is not to be found.",
        "Define it at the top of a cell, not inside a function, and run that cell again.",
    )


def not_importable(who: str, name: str, module: str) -> Problem:
    """A module that exists in this process only."""
    return Problem(
        "not_importable",
        f"{who} uses {name!r} of the module {module!r}, which cannot be imported by that name.",
        "Import it from a package that is installed, or from a `.py` file beside the notebook.",
    )


def two_definitions(name: str) -> Problem:
    """Two things of one name, of which a text can hold only one."""
    return Problem(
        "two_definitions",
        f"There are two different things called {name!r}.",
        "Give one of them another name.",
    )


def stale(who: str, name: str) -> Problem:
    """A default, a base or an attribute that its name no longer stands for."""
    return Problem(
        "global_redefined",
        f"{who} was defined with what {name!r} was before; now it is something else.",
        f"Run the cell that defines {who.partition(' ')[0]} again.",
    )


def nonlocal_assigned(who: str, name: str) -> Problem:
    """`nonlocal x`, which remembers something from call to call."""
    return Problem(
        "global_assigned",
        f"{who} assigns {name!r} of the function that made it; where it runs, nobody would see "
        "that.",
        "Return the value; to remember something between runs, use `records.put`.",
    )


def made_elsewhere(who: str, name: str) -> Problem:
    """A function that was made in another place than the one that keeps it."""
    return Problem(
        "made_elsewhere",
        f"{who} uses {name!r}, which a function in another place has made.",
        "Define it at the top of a cell.",
    )


def of_the_maker(who: str, name: str) -> Problem:
    """A local of the function that made a block: gone, unless the block keeps it."""
    return Problem(
        "undefined_name",
        f"{who} uses {name!r}, a local name of the function that made it, when it is defined.",
        f"Use {name!r} in its body only, or define it at the top of a cell.",
    )


def inside_class(name: str) -> Problem:
    """A block that is a method."""
    return Problem(
        "inside_class",
        f"{name!r} is defined inside a class.",
        "Define it at the top of a cell; blocks have no `self`.",
    )


def redefined(name: str) -> Problem:
    """A block whose ports are no longer those that the flow was drawn with."""
    return Problem(
        "block_redefined",
        f"{name!r} was defined anew, with other inputs or outputs, since this flow was drawn.",
        "Run the cell that draws the flow again.",
    )
