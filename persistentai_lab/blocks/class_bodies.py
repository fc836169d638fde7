"""Names that the body of a class may take from around it though it gives them something itself.

`class A: LIMIT = LIMIT` takes the outer one, and then has one of its own: the body is run from top
to bottom, and what it has not given anything yet is looked up outside.
"""

import ast
from collections.abc import Iterable, Iterator

from .cells import Function, bound_by


def outer_names(tree: ast.AST) -> Iterator[str]:
    """Those of all classes in a text. They may be missing, where a branch gave them something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            body = _Body()
            body.visit_all(node.body)
            yield from (name for name in body.taken if name in body.given)


class _Body(ast.NodeVisitor):
    """One body, in the order in which it is run."""

    def __init__(self) -> None:
        self.taken: dict[str, None] = {}
        """Looked up before it was given something for certain."""
        self.given: set[str] = set()
        self._certain: set[str] = set()

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """One after the other."""
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._give(node.id)
        elif node.id not in self._certain:
            self.taken[node.id] = None

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit_all([node.value, *node.targets])

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit_all([node.value, node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is None:  # `x: int` gives nothing
            self.visit(node.annotation)
        else:
            self.visit_all([node.value, node.annotation, node.target])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.visit_Name(ast.Name(node.target.id, ast.Load()))
        self.visit_all([node.value, node.target])

    def visit_alias(self, node: ast.alias) -> None:
        self._give(bound_by(node))

    # --- scopes of their own, of which only the beginning is looked up here ---------------------

    def visit_FunctionDef(self, node: Function) -> None:
        self.visit_all(node.decorator_list)
        self.visit_arguments(node.args)
        annotated = (it for it in ast.walk(node.args) if isinstance(it, ast.arg))
        self.visit_all([*(it.annotation for it in annotated), node.returns])
        self._give(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_all([*node.decorator_list, *node.bases, *node.keywords])
        self._give(node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit_arguments(node.args)

    def visit_arguments(self, node: ast.arguments) -> None:
        self.visit_all([*node.defaults, *node.kw_defaults])

    def visit_ListComp(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        self.visit(node.generators[0].iter)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    # --- branches: what they give is certain within them only -----------------------------------

    def visit_If(self, node: ast.If | ast.While) -> None:
        self.visit(node.test)
        self._branch(node.body, node.orelse)

    visit_While = visit_If

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._branch([node.target, *node.body], node.orelse)

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        handlers = ([it] for it in node.handlers)
        self._branch(node.body, *handlers, node.orelse, node.finalbody)

    visit_TryStar = visit_Try

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        self._branch(*([it] for it in node.cases))

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.visit_all([node.type])
        if node.name:
            self._give(node.name)
        self.visit_all(node.body)

    def generic_visit(self, node: ast.AST) -> None:
        """Everything else; patterns give names to what they match."""
        super().generic_visit(node)
        if isinstance(node, ast.pattern):
            name = getattr(node, "name", getattr(node, "rest", None))
            if name:
                self._give(name)

    def _branch(self, *branches: Iterable[ast.AST]) -> None:
        certain = frozenset(self._certain)
        for branch in branches:
            self.visit_all(branch)
            self._certain = set(certain)

    def _give(self, name: str) -> None:
        self.given.add(name)
        self._certain.add(name)
