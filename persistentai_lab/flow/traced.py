"""What a block returns while a flow is traced: the promise of a value, good for wiring only."""

from collections.abc import Callable, Iterator
from typing import NoReturn

from ..errors import TraceError
from .model import INPUT, PortRef
from .signature import Port

_BLOCK = "move it into a block of your own (`@pai.block`)"
_COMPARE = "Compare in a block of your own (`@pai.block`)."
_CHOOSE = (
    f"To choose by a value, {_BLOCK}; branches in the graph itself come with `pai.when`, "
    "loops with `pai.repeat`."
)
_LOOP = (
    f"To work on each item, {_BLOCK} that takes the whole list; "
    "one step an item comes with `pai.each`."
)
_WRITE = "Make the text with a block: `text.template` or `text.join`."
_PICK = (
    f"To take a part of a value, {_BLOCK}; a block that returns a NamedTuple has a port a field."
)

_USES: dict[str, tuple[str, str]] = {
    # special method: what the person wrote, what to write instead
    "__bool__": ("`if`, `and`, `or` and `not`", _CHOOSE),
    "__eq__": ("`==`", _COMPARE),
    "__ne__": ("`!=`", _COMPARE),
    "__contains__": ("`in`", "Look it up in a block of your own (`@pai.block`)."),
    "__len__": ("`len()`", "Count with the block `lists.length`."),
    "__iter__": ("`for` (and unpacking)", _LOOP),
    "__next__": ("`next()`", _LOOP),
    "__reversed__": ("`reversed()`", _LOOP),
    "__aiter__": ("`async for`", _LOOP),
    "__await__": ("`await`", "Drop the `await`: the engine waits for whatever feeds a block."),
    "__str__": ("`str()` (and `print`)", _WRITE),
    "__format__": ("an f-string", _WRITE),
    "__bytes__": ("`bytes()`", _WRITE),
    "__hash__": (
        "a hash (a dict key, a set)",
        "Collect values in a block of your own (`@pai.block`).",
    ),
    "__getitem__": ("`[…]`", _PICK),
    "__setitem__": ("`[…] =`", "Values never change; return a new one from a block."),
    "__delitem__": ("`del …[…]`", "Values never change; return a new one from a block."),
    "__call__": ("a call", "Only blocks and flows can be called in a flow."),
    "__enter__": ("`with`", "Open it in a block of your own (`@pai.block`)."),
    "__aenter__": ("`async with`", "Open it in a block of your own (`@pai.block`)."),
    "__fspath__": ("a path operation", "Open files in a block of your own (`@pai.block`)."),
    "__array__": ("numpy", "Compute in a block of your own (`@pai.block`)."),
    "__round__": ("`round()`", "Round with the block `numbers.round`."),
}
_ARITHMETIC = [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "divmod",
    "pow",
    "matmul",
    "lshift",
    "rshift",
    "and",
    "xor",
    "or",
]
_UNARY = ["neg", "pos", "abs", "invert", "trunc", "floor", "ceil"]
for _name in (*_ARITHMETIC, *(f"r{name}" for name in _ARITHMETIC), *_UNARY):
    _USES[f"__{_name}__"] = (
        "arithmetic",
        f"Compute with a block such as `numbers.add`, or {_BLOCK}.",
    )
for _name in ("int", "float", "complex", "index"):
    _USES[f"__{_name}__"] = (
        "`int()`, `float()` or `range()`",
        "Type the input as a number, or convert the value with the block `values.cast`.",
    )
for _name in ("lt", "le", "gt", "ge"):
    _USES[f"__{_name}__"] = ("a comparison", _COMPARE)


def _place(ref: PortRef) -> str:
    return f"flow input {ref.port!r}" if ref.node == INPUT else f"{str(ref)!r}"


def _refuse(ref: PortRef, use: str, remedy: str) -> NoReturn:
    raise TraceError(
        f"{use[0].upper() + use[1:]} cannot be used on {_place(ref)} while the flow is drawn: "
        "its value exists only when the flow runs.",
        remedy=remedy,
        node=ref.node,
        port=ref.port,
    )


def _refusing(use: str, remedy: str) -> Callable[..., NoReturn]:
    def refuse(self: "Traced", *_args: object, **_kwargs: object) -> NoReturn:
        _refuse(self._ref, use, remedy)

    return refuse


class Traced:
    """The value of one port. Hand it to a block, or return it; Python itself can't look inside."""

    __slots__ = ("_owner", "_port", "_ref")

    def __init__(self, ref: PortRef, port: Port, owner: object) -> None:
        object.__setattr__(self, "_ref", ref)
        object.__setattr__(self, "_port", port)
        object.__setattr__(self, "_owner", owner)

    def __repr__(self) -> str:
        from .trace import is_tracing  # a repr made while drawing would end up inside the flow

        if is_tracing():
            _refuse(self._ref, "`repr()`", _WRITE)
        return f"<value of {_place(self._ref)}>"

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):  # a protocol asking what this is (pickle, IPython, numpy)
            raise AttributeError(name)
        _refuse(self._ref, f"`.{name}`", _PICK)

    def __setattr__(self, name: str, value: object) -> None:
        _refuse(self._ref, f"`.{name} =`", _WRITE)


for _name, (_use, _remedy) in _USES.items():
    setattr(Traced, _name, _refusing(_use, _remedy))


class Outputs:
    """What a block returns that has not just one output `result`: its ports by name, in order."""

    __slots__ = ("_node", "_ports")

    def __init__(self, node: str, ports: dict[str, Traced]) -> None:
        self._node = node
        self._ports = ports

    def __getattr__(self, name: str) -> Traced:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._get(name)

    def __getitem__(self, key: str | int) -> Traced:
        return list(self._ports.values())[key] if isinstance(key, int) else self._get(key)

    def __iter__(self) -> Iterator[Traced]:
        return iter(self._ports.values())

    def __len__(self) -> int:
        return len(self._ports)

    def __bool__(self) -> bool:
        self._misused("`if`")

    def __str__(self) -> str:
        self._misused("`str()`")

    def __format__(self, spec: str) -> str:
        self._misused("an f-string")

    def __repr__(self) -> str:
        return f"<outputs of {self._node!r}: {', '.join(self._ports) or 'none'}>"

    def _get(self, name: str) -> Traced:
        if name not in self._ports:
            raise TraceError(
                f"{self._node!r} has no output {name!r}.", remedy=self._choice(), node=self._node
            )
        return self._ports[name]

    def _misused(self, use: str) -> NoReturn:
        raise TraceError(
            f"{use[0].upper() + use[1:]} cannot be used on the outputs of {self._node!r} "
            "while the flow is drawn.",
            remedy=self._choice(),
            node=self._node,
        )

    def _choice(self) -> str:
        names = ", ".join(f"`.{name}`" for name in self._ports)
        return f"Its outputs are {names}." if names else "It has no outputs."
