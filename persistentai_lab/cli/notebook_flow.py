"""A flow out of a notebook, without running the notebook.

Of its cells only that is run which defines: imports, functions, classes and constants, and of those
only what the flow and its blocks need. What a cell computes does not exist here, and is refused.
"""

import ast
import builtins
import linecache
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..blocks.cells import bound_names
from ..blocks.needs import needs_of
from ..errors import CannotShip, FlowNotFound, LabError, Problem
from ..flow.signature import CELL
from .definitional import defines
from .notebook_file import CodeCell, read_cells

if TYPE_CHECKING:
    from ..flow.flow import Flow

_OF_IPYTHON = frozenset({"display", "get_ipython", "exit", "quit"})


def flow_of_notebook(path: Path, name: str = "") -> "Flow[Any, Any]":
    """Trace the flow of a notebook.

    Args:
        path: The notebook.
        name: Of the flow's function; may be left out if there is only one.

    Raises:
        FlowNotFound: There is no such flow, or there are several; names those there are.
        CannotShip: It needs what only running the notebook would give.
    """
    cells = read_cells(path)
    bindings = [it for cell in cells for it in _bindings(cell)]
    name = _choose(path, name, list(dict.fromkeys(filter(None, map(_flow_name, bindings)))))
    chosen = _Selection(bindings)
    chosen.need(name)
    if chosen.problems:
        raise CannotShip(list(chosen.problems))
    return _run(path, cells, chosen.in_order(), name)


@dataclass(frozen=True, slots=True, eq=False)
class _Binding:
    """A statement that gives names something."""

    statement: ast.stmt
    names: tuple[str, ...]
    cell: CodeCell

    @property
    def line(self) -> str:
        """How it begins, to be shown."""
        lines = self.cell.text.splitlines()
        return lines[self.statement.lineno - 1].strip()


def _bindings(cell: CodeCell) -> Iterator[_Binding]:
    for statement in cell.statements:
        names = tuple(dict.fromkeys(_stored(statement)))
        if names:
            yield _Binding(statement, names, cell)


def _stored(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement binds at the top, also inside `if`, `for`, `with` and `try`."""
    yield from bound_names(statement)
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt):
            yield from _stored(child)
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            for inner in child.body:
                yield from _stored(inner)
        else:
            for node in ast.walk(child):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id


def _flow_name(binding: _Binding) -> str:
    """The name of a flow that a statement defines; empty if it defines none."""
    match binding.statement:
        case ast.FunctionDef(decorator_list=decorators):
            made_by = decorators
        case ast.Assign(value=ast.Call() as call):
            made_by = [call]
        case _:
            return ""
    calls = [it.func if isinstance(it, ast.Call) else it for it in made_by]
    is_flow = any(ast.unparse(it).rpartition(".")[2] == "flow" for it in calls)
    return binding.names[0] if is_flow else ""


def _choose(path: Path, name: str, there: list[str]) -> str:
    if name in there:
        return name
    listed = ", ".join(f"`{path.name}:{it}`" for it in there)
    if not there:
        message = f"{path.name!r} has no flow."
        raise FlowNotFound(message, remedy="Decorate a function with `@pai.flow`.")
    if name:
        raise FlowNotFound(f"{path.name!r} has no flow {name!r}.", remedy=f"It has {listed}.")
    if len(there) > 1:
        raise FlowNotFound(f"{path.name!r} has {len(there)} flows.", remedy=f"Name one: {listed}.")
    return there[0]


class _Selection:
    """What has to be run for a name to mean something."""

    def __init__(self, bindings: list[_Binding]) -> None:
        self.problems: dict[Problem, None] = {}
        self._bindings = bindings
        self._classes = {it.names[0] for it in bindings if isinstance(it.statement, ast.ClassDef)}
        self._stars = [it for it in bindings if "*" in it.names]
        self._chosen: dict[_Binding, None] = dict.fromkeys(self._stars)

    def in_order(self) -> list[_Binding]:
        """As the notebook has them."""
        return [it for it in self._bindings if it in self._chosen]

    def need(self, name: str, who: "_Binding | None" = None, *, is_early: bool = False) -> None:
        """Take along what defines a name, and what that needs."""
        found = self._find(name, who if is_early else None)
        if found is None:
            if not (self._stars or hasattr(builtins, name) or name in _OF_IPYTHON):
                self._undefined(name, who)
            return
        if found in self._chosen:
            return
        if not defines(found.statement, self._classes):
            self._computed(name, found, who)
            return
        self._chosen[found] = None
        needs = needs_of(ast.unparse(found.statement))
        for other in needs.names:
            if other not in found.names and other not in needs.assigned:
                if other in needs.optional and self._find(other, None) is None:
                    continue
                self.need(other, found, is_early=other in needs.early)

    def _find(self, name: str, before: "_Binding | None") -> "_Binding | None":
        """The last that gave the name something: of all, or of those above."""
        having = [it for it in self._bindings if name in it.names]
        if before is not None:
            place = self._bindings.index(before)
            above = [it for it in having if self._bindings.index(it) < place]
            having = above or having
        return having[-1] if having else None

    def _computed(self, name: str, found: _Binding, who: "_Binding | None") -> None:
        message = (
            f"{_told(who)}uses {name!r}, which code cell {found.cell.number} computes "
            f"(`{found.line}`); the notebook is not run."
        )
        remedy = "Make it an input of the flow, or compute it in a block."
        self.problems[Problem("computed_name", message, remedy)] = None

    def _undefined(self, name: str, who: "_Binding | None") -> None:
        message = f"{_told(who)}uses {name!r}, which no cell of the notebook defines."
        remedy = "Define it in a cell; what `%run` or another notebook defines is not known here."
        self.problems[Problem("undefined_name", message, remedy)] = None


def _told(who: _Binding | None) -> str:
    return "" if who is None else f"{who.names[0]!r} (code cell {who.cell.number}) "


def _run(
    path: Path, cells: tuple[CodeCell, ...], chosen: list[_Binding], name: str
) -> "Flow[Any, Any]":
    from ..flow.flow import Flow

    sys.path.insert(0, str(path.resolve().parent))  # where its kernel would look
    module = sys.modules[CELL] = ModuleType(CELL)
    for cell in cells:
        lines = cell.text.splitlines(keepends=True)
        linecache.cache[cell.file] = len(cell.text), None, lines, cell.file
    for binding in chosen:
        _execute(binding, module)
    found = vars(module).get(name)
    if not isinstance(found, Flow):
        raise FlowNotFound(f"{name!r} is no flow.", remedy="Decorate it with `@pai.flow`.")
    return found


def _execute(binding: _Binding, module: ModuleType) -> None:
    cell = binding.cell
    tree = ast.Module([binding.statement], [])
    try:
        code = compile(tree, cell.file, "exec", cell.flags, dont_inherit=True)
        exec(code, vars(module))
    except LabError:
        raise
    except Exception as error:  # noqa: BLE001 -- the notebook is a person's, it may raise anything
        raise FlowNotFound(
            f"Code cell {cell.number} does not load: {type(error).__name__}: {error} "
            f"(line {binding.statement.lineno}: `{binding.line}`).",
            remedy="Correct it and try again.",
        ) from None
