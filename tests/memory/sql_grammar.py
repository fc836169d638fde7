"""Queries that are SQL as Postgres knows it, grown by a grammar: most get past the guard.

They ask what an agent may ask, of its own documents, and name other workspaces and collections in
their values all the while: whatever comes back has to be the asker's own.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

DEEP = 3
_TEXTS = ["'mine'", "'people'", "'secrets'", "'{other}'", "'%'", "''", "'a'", "'name'", "'x''y'"]
_NUMBERS = ["0", "1", "2", "-1", "3.5", "100"]
_COLUMNS = {
    "docs": {"text": ("collection", "id"), "number": ("rev",), "json": ("body",),
             "time": ("created_at", "updated_at")},
    "mine": {"text": ("id", "name"), "number": ("rev",), "json": ("body",),
             "time": ("created_at", "updated_at")},
}  # fmt: skip
_KINDS = ("text", "number", "json", "time", "truth")


@dataclass
class Grammar:
    """Grows queries from chance."""

    chance: random.Random
    _made: int = 0

    def query(self) -> str:
        """A whole query."""
        ways = (self._plain, self._plain, self._grouped, self._joined, self._with, self._set,
                self._windowed)  # fmt: skip
        return self.chance.choice(ways)(0)

    def _plain(self, deep: int) -> str:
        table, name = self._table()
        kinds = self.chance.choices(_KINDS, k=self.chance.randint(1, 3))
        shown = ", ".join(self._value(kind, [(table, name)], deep) for kind in kinds)
        distinct = self.chance.choice(("", "", "DISTINCT "))
        return (
            f"SELECT {distinct}{self.chance.choice((shown, f'{name}.*'))} FROM {table} {name}"
            f"{self._where([(table, name)], deep)}{self._tail()}"
        )

    def _grouped(self, deep: int) -> str:
        table, name = self._table()
        by = self._value("text", [(table, name)], DEEP)
        sums = self._sum([(table, name)], deep)
        having = f" HAVING count(*) >= {self.chance.choice(_NUMBERS)}"
        return (
            f"SELECT {by} AS k, {sums} AS v FROM {table} {name}"
            f"{self._where([(table, name)], deep)} GROUP BY 1{self.chance.choice(('', having))}"
            f"{self._tail()}"
        )

    def _joined(self, deep: int) -> str:
        one, other = self._table(), self._table()
        scope = [one, other]
        how = self.chance.choice(("JOIN", "LEFT JOIN", "FULL JOIN"))
        key = self.chance.choice(("id", "rev"))
        on = f"{one[1]}.{key} = {other[1]}.{key}"
        shown = ", ".join(
            self._value(kind, scope, deep) for kind in self.chance.choices(_KINDS, k=2)
        )
        return (
            f"SELECT {shown} FROM {one[0]} {one[1]} {how} {other[0]} {other[1]} ON {on}"
            f"{self._where(scope, deep)}{self._tail()}"
        )

    def _with(self, deep: int) -> str:
        name = self._name()
        inner = self._plain(deep + 1)
        return f"WITH {name} AS ({inner}) SELECT count(*) FROM {name} CROSS JOIN docs"

    def _set(self, deep: int) -> str:
        kind = self.chance.choice(("text", "number"))
        parts = []
        for _ in range(self.chance.randint(2, 3)):
            table, name = self._table()
            value = self._value(kind, [(table, name)], deep)
            parts.append(
                f"SELECT {value} AS v FROM {table} {name}{self._where([(table, name)], deep)}"
            )
        return f" {self.chance.choice(('UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT'))} ".join(parts)

    def _windowed(self, deep: int) -> str:
        table, name = self._table()
        scope = [(table, name)]
        function = self.chance.choice(
            ("row_number()", "rank()", "count(*)", self._sum(scope, DEEP))
        )
        function = function.replace("DISTINCT ", "")
        part, order = self._value("text", scope, DEEP), self._value("number", scope, DEEP)
        return (
            f"SELECT {name}.id, {function} OVER (PARTITION BY {part} ORDER BY {order}) AS n"
            f" FROM {table} {name}{self._where(scope, deep)}"
        )

    def _table(self) -> tuple[str, str]:
        return self.chance.choice(("docs", "docs", "mine")), self._name()

    def _name(self) -> str:
        self._made += 1
        return f"t{self._made}"

    def _where(self, scope: list[tuple[str, str]], deep: int) -> str:
        return self.chance.choice(("", f" WHERE {self._value('truth', scope, deep)}"))

    def _tail(self) -> str:
        order = self.chance.choice(("", " ORDER BY 1", " ORDER BY 1 DESC NULLS LAST"))
        return order + self.chance.choice(("", " LIMIT 5", " LIMIT 3 OFFSET 1"))

    def _sum(self, scope: list[tuple[str, str]], deep: int) -> str:
        text, number = (self._value(kind, scope, deep) for kind in ("text", "number"))
        ways = ("count(*)", f"count(DISTINCT {text})", f"sum({number})", f"max({text})",
                f"avg({number})", f"string_agg({text}, ',')", f"bool_or({text} IS NULL)",
                f"jsonb_agg({text})")  # fmt: skip
        return self.chance.choice(ways)

    def _value(self, kind: str, scope: list[tuple[str, str]], deep: int) -> str:
        """An expression of a type, over the tables of the scope."""
        table, name = self.chance.choice(scope)
        columns = _COLUMNS[table].get(kind, ())
        if deep >= DEEP or self.chance.random() < 0.35:
            if columns and self.chance.random() < 0.8:
                return f"{name}.{self.chance.choice(columns)}"
            return self._literal(kind)

        def grown(of: str) -> Callable[[], str]:
            return lambda: self._value(of, scope, deep + 1)

        text, number, json, moment, truth = (grown(of) for of in _KINDS)
        choices = {"text": (
            lambda: f"lower({text()})", lambda: f"({text()} || {text()})",
            lambda: f"({json()} ->> {text()})", lambda: f"replace({text()}, {text()}, {text()})",
            lambda: f"left({text()}, 3)", lambda: f"coalesce({text()}, {text()})",
            lambda: f"CAST({json()} AS text)", lambda: f"to_char({moment()}, 'YYYY-MM')",
            lambda: f"(SELECT max({name}.id) FROM docs x WHERE x.id <> {text()})",
        ), "number": (
            lambda: f"({number()} + {number()})", lambda: f"length({text()})",
            lambda: f"abs({number()})", lambda: f"nullif({number()}, {number()})",
            lambda: f"CASE WHEN {truth()} THEN {number()} ELSE {number()} END",
            lambda: f"extract(year FROM {moment()})", lambda: f"round({number()})",
            lambda: f"(SELECT count(*) FROM docs x WHERE x.collection = {text()})",
        ), "json": (
            lambda: f"({json()} -> {text()})", lambda: f"to_jsonb({text()})",
            lambda: f"jsonb_build_object({text()}, {number()})",
            lambda: f"jsonb_strip_nulls({json()})",
        ), "time": (
            lambda: f"date_trunc('day', {moment()})", lambda: f"greatest({moment()}, {moment()})",
            lambda: f"({moment()} - interval '1 day')",
        ), "truth": (
            lambda: f"({text()} = {text()})", lambda: f"({number()} > {number()})",
            lambda: f"({truth()} OR {truth()})", lambda: f"(NOT {truth()})",
            lambda: f"({text()} LIKE {text()})", lambda: f"({json()} @> {json()})",
            lambda: f"({text()} IN ({text()}, {text()}))", lambda: f"({moment()} <= {moment()})",
            lambda: f"({json()} ? {text()})", lambda: f"({text()} IS NULL)",
            lambda: f"EXISTS (SELECT 1 FROM docs x WHERE x.collection = {text()})",
            lambda: f"starts_with({text()}, {text()})",
        )}  # fmt: skip
        return self.chance.choice(choices[kind])()

    def _literal(self, kind: str) -> str:
        match kind:
            case "text":
                return self.chance.choice(_TEXTS)
            case "number":
                return self.chance.choice(_NUMBERS)
            case "json":
                return self.chance.choice(("CAST('{}' AS jsonb)", "CAST('{\"name\": 1}' AS jsonb)"))
            case "time":
                return self.chance.choice(("now()", "CAST('2026-01-01' AS timestamptz)"))
        return self.chance.choice(("true", "false"))
