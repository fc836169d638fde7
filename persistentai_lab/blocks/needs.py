"""Which names a piece of Python takes from around it, and what it does to them.

Read off its text, without running it: the same for a function of a live kernel and for a cell of a
notebook that nobody has opened.
"""

import ast
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .class_bodies import outer_names

_COMPREHENSIONS = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})
_CHANGES = frozenset(
    {
        "add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop",
        "popitem", "popleft", "remove", "reverse", "sort", "update",
    }
)  # fmt: skip
"""Methods that change a list, set or dict in its place."""
_MAGICS = {"run_line_magic": "%", "run_cell_magic": "%%", "system": "!", "getoutput": "!"}


@dataclass(frozen=True, slots=True)
class Needs:
    """What a piece takes from around it. Names stand in the order of the text."""

    early: tuple[str, ...]
    """Looked up when the piece is defined: decorators, defaults, annotations, class bodies."""
    late: tuple[str, ...]
    """Looked up when a function of it is called."""
    quoted: tuple[str, ...]
    """Named in annotations that are text."""
    optional: frozenset[str]
    """They may stay undefined: named in annotations only, or by a class that may give them."""
    assigned: tuple[str, ...]
    """Globals that a function assigns (`global x`)."""
    changed: tuple[str, ...]
    """Globals that a function changes in place, so that it remembers something."""
    chains: tuple[tuple[str, ...], ...]
    """Dotted names, `("os", "path", "join")`."""
    magics: tuple[str, ...]
    """IPython's, as they are typed: `%timeit`, `!ls`."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names."""
        return tuple(dict.fromkeys((*self.early, *self.quoted, *self.late)))


def needs_of(text: str) -> Needs:
    """What the statements of a text need; the text may be indented, as inside a function."""
    if text[:1].isspace():
        text = f"if 1:\n{text}"
    tree = ast.parse(text)
    table = symtable.symtable(text, "<cell>", "exec")
    reads = list(_reads(table, is_late=False))
    early = dict.fromkeys(name for name, is_late in reads if not is_late)
    perhaps = dict.fromkeys(name for name in outer_names(tree) if name not in early)
    early |= perhaps
    late = dict.fromkeys(name for name, is_late in reads if is_late and name not in early)
    annotations = list(_annotations(tree))
    quoted = dict.fromkeys(name for note in annotations for name in _quoted(note))
    plain = {it.id for note in annotations for it in ast.walk(note) if isinstance(it, ast.Name)}
    outside = {node.id for node in _outside_annotations(tree) if isinstance(node, ast.Name)}
    local = set(_locals(table))
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
    return Needs(
        early=tuple(early),
        late=tuple(late),
        quoted=tuple(quoted),
        optional=frozenset({*(plain | set(quoted)) - outside, *perhaps}),
        assigned=tuple(dict.fromkeys(_assigned(table))),
        changed=tuple(
            name
            for name in dict.fromkeys(_changed(tree))
            if name in late and name not in local and name not in own
        ),
        chains=tuple(dict.fromkeys(_chains(tree))),
        magics=tuple(dict.fromkeys(_magics(tree))),
    )


def _reads(table: symtable.SymbolTable, *, is_late: bool) -> Iterator[tuple[str, bool]]:
    is_module = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (is_module or _is_global(symbol)):
            yield symbol.get_name(), is_late
    for child in table.get_children():
        is_function = child.get_type() == "function" and child.get_name() not in _COMPREHENSIONS
        yield from _reads(child, is_late=is_late or is_function)


def _locals(table: symtable.SymbolTable) -> Iterator[str]:
    for child in table.get_children():
        if child.get_type() == "function":
            yield from (it.get_name() for it in child.get_symbols() if _is_bound(it))
        yield from _locals(child)


def _is_global(symbol: symtable.Symbol) -> bool:
    # Asked about a function called `top`, `symtable` takes all of its names for global.
    return symbol.is_declared_global() or (symbol.is_global() and not _is_bound(symbol))


def _is_bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_parameter() or symbol.is_imported()


def _assigned(table: symtable.SymbolTable) -> Iterator[str]:
    for child in table.get_children():
        for symbol in child.get_symbols():
            if symbol.is_declared_global() and symbol.is_assigned():
                yield symbol.get_name()
        yield from _assigned(child)


def _annotations(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        found: list[ast.expr | None] = []
        if isinstance(node, ast.arg | ast.AnnAssign):
            found = [node.annotation]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found = [node.returns]
        yield from (note for note in found if note is not None)


def _quoted(note: ast.expr) -> Iterator[str]:
    """Names inside the text parts of an annotation; what `Literal` lists is no name."""
    if isinstance(note, ast.Constant) and isinstance(note.value, str):
        try:
            inner = ast.parse(note.value, mode="eval").body
        except SyntaxError:
            return
        yield from (node.id for node in ast.walk(inner) if isinstance(node, ast.Name))
    elif isinstance(note, ast.Subscript):
        kind = ast.unparse(note.value).rpartition(".")[2]
        parts = note.slice.elts if isinstance(note.slice, ast.Tuple) else [note.slice]
        if kind != "Literal":
            for part in parts[:1] if kind == "Annotated" else parts:
                yield from _quoted(part)
    else:
        for child in ast.iter_child_nodes(note):
            if isinstance(child, ast.expr):
                yield from _quoted(child)


def _outside_annotations(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _outside_annotations(child)


def _changed(tree: ast.AST) -> Iterator[str]:
    """Roots of what is changed in place. A dict that is filled by key may be a cache: let it be."""
    for node in ast.walk(tree):
        targets: Iterable[ast.expr] = ()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute) and called.attr in _CHANGES:
                targets = [called.value]
        elif isinstance(node, ast.AugAssign) and isinstance(
            node.target, ast.Subscript | ast.Attribute
        ):
            targets = [node.target.value]
        yield from (it.id for it in targets if isinstance(it, ast.Name))


def _chains(tree: ast.AST) -> Iterator[tuple[str, ...]]:
    for node in ast.walk(tree):
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if attributes and isinstance(node, ast.Name):
            yield (node.id, *reversed(attributes))


def _magics(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        shell, attribute = node.func.value, node.func.attr
        is_shell = isinstance(shell, ast.Call) and ast.unparse(shell.func) == "get_ipython"
        if is_shell and attribute in _MAGICS and node.args:
            word = node.args[0]
            typed = str(word.value) if isinstance(word, ast.Constant) else "…"
            yield f"{_MAGICS[attribute]}{typed}"
