"""SQL of agents, looked at before anybody runs it: one SELECT, of known tables and functions.

This is the second wall. The first is the database's own: a role that may read one view, which shows
one workspace. What is run is written anew from what was checked, never the text itself.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import SqlRefused
from .vocabulary import FUNCTIONS, TYPES

if TYPE_CHECKING:
    from sqlglot import exp

QUERY_MAX = 100_000
DOCS = "docs"


@dataclass(frozen=True, slots=True)
class Checked:
    """A query that may be run."""

    tree: "exp.Query"
    dialect: str
    collections: tuple[str, ...]
    """Those that it names, and `docs`."""
    files: tuple[str, ...]
    """Paths that it names as tables."""

    def sql(self, leads: Sequence[tuple[str, str]] = (), dialect: str = "") -> str:
        """The text to run; `leads` are ours, tables that it names and how each is made."""
        import sqlglot
        from sqlglot import exp

        tree = self.tree.copy()
        ours = [
            exp.CTE(
                this=sqlglot.parse_one(made, read="postgres"),
                alias=exp.TableAlias(this=exp.to_identifier(name, quoted=True)),
            )
            for name, made in leads
        ]
        if ours:
            theirs = tree.args.get("with_")
            if theirs is None:
                tree.set("with_", exp.With(expressions=ours))
            else:
                theirs.set("expressions", [*ours, *theirs.expressions])
        return tree.sql(dialect=dialect or self.dialect, comments=False)


def check_query(text: str, collections: Collection[str]) -> Checked:
    """Look at a query. Raises `SqlRefused` with all that is wrong with it."""
    if len(text) > QUERY_MAX:
        raise SqlRefused(f"A query may have {QUERY_MAX:,} characters.", remedy="Ask for less.")
    tree, dialect = _parsed(text)
    try:
        tables = [*_tables(tree)]
    except Exception as error:  # noqa: BLE001 - names that it can't make out
        raise SqlRefused(
            f"It is not clear which tables this asks: {error}.",
            remedy="Give each table of a FROM a name of its own.",
        ) from None
    files = sorted({name for name in tables if _is_file(name)})
    dialect = "duckdb" if files else dialect
    known = {*collections, DOCS}
    wrong = [*_wrong(tree)]
    wrong += [
        f"{name!r} is no table here" for name in sorted(set(tables))
        if name not in known and not _is_file(name)
    ]  # fmt: skip
    if wrong:
        raise SqlRefused(
            f"This can't be asked: {'; '.join(dict.fromkeys(wrong))}.",
            remedy="Write one SELECT over `docs`, over collections "
            f"({', '.join(sorted(collections)[:20]) or 'there are none yet'}), and over files by "
            "their path ('data/penguins.csv').",
        )
    named = tuple(sorted({name for name in tables if name in known}))
    return Checked(tree, dialect, named, tuple(files))


def _parsed(text: str) -> tuple["exp.Query", str]:
    """In Postgres's words or, where those don't do, in DuckDB's."""
    import sqlglot
    from sqlglot import exp

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    problem = ""
    for dialect in ("postgres", "duckdb"):
        try:
            found = [each for each in sqlglot.parse(text, read=dialect) if each is not None]
        except Exception as error:  # noqa: BLE001 - a parser meets anything
            problem = problem or str(error).partition("\n")[0][:300] or type(error).__name__
            continue
        if len(found) != 1:
            raise SqlRefused(
                f"There are {len(found)} statements, and one SELECT is asked.",
                remedy="Leave out what is before or after a `;`.",
            )
        if isinstance(found[0], exp.Query) and not isinstance(found[0], exp.DML):
            return found[0], dialect
        problem = f"it is a {found[0].key.upper()}, no SELECT"
        break
    raise SqlRefused(
        f"This can't be asked: {problem.rstrip('.')}.",
        remedy="Write one SELECT; memory is changed by commands.",
    )


def _tables(tree: "exp.Query") -> Iterator[str]:
    """Names of tables that the query doesn't make itself, where it names them."""
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope, traverse_scope

    made = {
        id(node)
        for scope in traverse_scope(tree)
        for node, source in scope.selected_sources.values()
        if isinstance(source, Scope)
    }
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and id(table) not in made:
            yield table.name


def _is_file(name: str) -> bool:
    return "/" in name or "." in name


def _wrong(tree: "exp.Query") -> Iterator[str]:
    from sqlglot import exp

    forbidden: tuple[Any, ...] = (
        exp.DML, exp.DDL, exp.Command, exp.Into, exp.Lock, exp.Parameter, exp.SessionParameter,
        exp.Placeholder, exp.Set, exp.Pragma, exp.Attach, exp.Detach, exp.Copy, exp.Use,
        exp.Transaction, exp.Commit, exp.Rollback, exp.Kill, exp.Describe, exp.Show, exp.Alter,
        exp.Drop, exp.TruncateTable, exp.LoadData, exp.Analyze, exp.ObjectIdentifier,
        exp.Introducer,
    )  # fmt: skip
    for node in tree.walk():
        if isinstance(node, forbidden) and not isinstance(node, exp.Query):
            yield f"{node.key.upper()} is no part of a question"
        elif isinstance(node, exp.Table):
            if node.args.get("db") or node.args.get("catalog"):
                yield f"tables have no schema here ({node.sql()[:80]})"
        elif isinstance(node, exp.DataType):
            kind = getattr(node.this, "value", str(node.this)).lower()
            if kind not in TYPES:
                yield f"the type {node.sql()[:60]} is none of those that are known here"
        elif isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
            yield f"functions have no schema here ({node.sql()[:80]})"
        elif isinstance(node, exp.Func) and not _is_known(node):
            yield f"the function {_name(node)} is none of those that are known here"


def _is_known(function: "exp.Func") -> bool:
    from sqlglot import exp

    if isinstance(function, exp.Anonymous):
        return function.name.lower() in FUNCTIONS
    return bool({name.lower() for name in type(function).sql_names()} & FUNCTIONS)


def _name(function: "exp.Func") -> str:
    from sqlglot import exp

    name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
    return name.lower()[:60]
