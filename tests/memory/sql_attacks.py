"""Queries that try to get out, from a seed: known attacks, bred and broken, and plain nonsense.

`CANARY` stands in rows that the asker must never see. None of the strings names it: whoever brings
it up has seen it.
"""

# ruff: noqa: E501 - an attack stands in one piece
import random
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import psycopg
from psycopg import AsyncConnection

from persistentai_lab.errors import MemoryRefused
from persistentai_lab.ids import Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.feed.asks import Append
from persistentai_lab.memory.records.asks import PutDocument, PutRecord, RunSql
from persistentai_lab.memory.records.result import SqlResult
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import Pool
from persistentai_lab.storage.records.postgres import fetch
from persistentai_lab.storage.records.roles import Roles
from tests.memory.sql_grammar import Grammar

CANARY = "canary-6f1e"
OTHER = "the-other-workspace"
_OWNER = "postgres"

ATTACKS = [
    "select set_config('pai.workspace', '{other}', false), (select count(*) from docs)",
    "select set_config('session_authorization', '{owner}', false), (select max(body::text) from docs)",
    "select set_config('role', '{owner}', true), body from pai.doc",
    "select set_config('search_path', 'pai', false), * from doc",
    "select set_config('row_security', 'off', true), * from docs",
    "select set_config('transaction_read_only', 'off', true)",
    "select current_setting('pai.workspace'), current_setting('data_directory')",
    "reset role; select * from pai.doc",
    "rollback; reset session authorization; select body from pai.doc",
    "set row_security = off; select * from pai.doc",
    "set role {owner}; select * from pai.doc",
    "set session authorization {owner}; select * from pai.doc",
    "select * from pai.doc", "select * from pai.doc_rev", "select * from pai.record",
    "select * from pai.sql_role", "select password from pai.sql_role where workspace = '{other}'",
    "select * from pai.blob", "select * from pai.feed_entry", "select * from dbos.workflow_status",
    "table pai.doc", "select d from pai_sql.docs d", "select * from pai_sql.docs",
    "select pai_sql.workspace()", "select pai_sql.workspace() from docs where collection = '{other}'",
    "select * from pg_catalog.pg_class", "select rolname, rolpassword from pg_authid",
    "select * from pg_shadow", "select * from pg_stats where tablename = 'doc'",
    "select query from pg_stat_activity", "select * from pg_settings",
    "update pg_settings set setting = 'off' where name = 'row_security'",
    "select * from information_schema.tables", "select * from information_schema.role_table_grants",
    "select prosrc from pg_proc where proname = 'workspace'", "select * from pg_largeobject",
    "select lo_import('/etc/passwd')", "select lo_export(1, '/tmp/x')", "select lo_create(0)",
    "select lo_from_bytea(0, 'x')", "select lo_get(1)", "select lo_unlink(1)",
    "select pg_read_file('/etc/passwd')", "select pg_ls_dir('.')", "select pg_stat_file('base')",
    "select pg_read_binary_file('pg_hba.conf')", "select pg_reload_conf()",
    "copy docs to '/tmp/x'", "copy docs from program 'id'", "copy (select * from pai.doc) to stdout",
    "copy pai.doc to program 'cat'", "do $$ begin perform 1; end $$",
    "do language plpgsql $x$ begin execute 'select 1'; end $x$",
    "with x as (delete from pai.doc returning *) select * from x",
    "with x as (insert into pai.doc values ('x') returning *) select * from x",
    "with x as (update pai.doc set workspace = 'me' returning *) select * from x",
    "with docs as (select * from pai.doc) select * from docs",
    "with recursive r as (select * from pai.doc union all select * from r) select * from r",
    "select * from docs where id in (select id from pai.doc)",
    "select (select string_agg(body::text, ',') from pai.doc)",
    "select * into stolen from pai.doc", "create table stolen as select * from pai.doc",
    "create temp table t as select * from docs", "create view v as select * from pai.doc",
    "create function f() returns text language sql as 'select 1'",
    "create operator === (function = texteq, leftarg = text, rightarg = text)",
    "alter role current_user superuser", "alter view pai_sql.docs reset (security_barrier)",
    "grant select on pai.doc to public", "drop table pai.doc", "truncate pai.doc",
    "delete from docs", "update docs set body = '{{}}'", "insert into docs values ('a')",
    "merge into docs d using docs s on true when matched then delete",
    "select query_to_xml('select * from pai.doc', true, true, '')",
    "select table_to_xml('pai.doc', true, true, '')", "select database_to_xml(true, true, '')",
    "select schema_to_xml('pai', true, true, '')", "select cursor_to_xml('found', 1, true, true, '')",
    "select * from ts_stat('select to_tsvector(body::text) from pai.doc')",
    "select ts_rewrite('a'::tsquery, 'select ''a''::tsquery, ''b''::tsquery from pai.doc')",
    "select * from dblink('dbname=postgres', 'select 1') as t(a int)",
    "select dblink_connect('host=/tmp')", "select * from pg_logical_slot_peek_changes('a', null, null)",
    "select pg_logical_emit_message(false, 'x', 'y')", "select pg_export_snapshot()",
    "select pg_advisory_lock(1)", "select pg_try_advisory_lock(1885432065)",
    "select pg_sleep(0.01)", "select pg_notify('pai', 'x')", "notify pai, 'x'", "listen pai",
    "select pg_cancel_backend(pid) from pg_stat_activity",
    "select pg_terminate_backend(pid) from pg_stat_activity", "select txid_current()",
    "select nextval('pai.x')", "select pg_get_viewdef('pai_sql.docs'::regclass)",
    "select has_table_privilege('pai.doc', 'select')", "select 'pai.doc'::regclass::oid",
    "select row_to_json(d) from pai.doc d", "select to_json(array(select d from pai.doc d))",
    "select xpath('//x', xmlparse(content '<x/>'))", "select format('%s', pai.doc) from pai.doc",
    "explain select * from docs", "explain analyze select * from pai.doc",
    "prepare p as select * from pai.doc", "execute p", "deallocate all", "discard all",
    "declare c cursor for select * from pai.doc", "fetch all from found", "close found",
    "begin; commit", "commit; select * from pai.doc", "savepoint a", "lock table pai.doc",
    "load 'plpgsql'", "create extension dblink", "create extension file_fdw", "checkpoint", "vacuum",
    "security label on table pai.doc is 'x'", "call x()", "show all", "show data_directory",
    "select * from docs for update", "select * from docs where 1/0 = 1",
    "select * from docs where (body->>'x')::int = 1", "select body::text::int from docs",
    "select cast(body as xml) from docs", "select * from docs, lateral (select * from pai.doc) x",
    "select * from docs tablesample bernoulli (100)", "select docs.* from pai.doc docs",
    "select * from docs union all select * from pai.doc", "values ((select body from pai.doc limit 1))",
    "select U&'\\0070ai' , * from U&\"p\\0061i\".doc", "select * from \"pai\".\"doc\"",
    "select * from pai . doc", "select/**/*/**/from/**/pai.doc", "select * from pai./*x*/doc",
    "select * from docs; --\nselect * from pai.doc", "select 1 -- ; select 2\n, * from pai.doc",
    "select * from docs where collection = '' or 1=1", "select * from docs where '' = '' or '{other}' = ''",
    "select exists(select from pai.doc where workspace = '{other}')",
    "select count(*) from pai.doc where workspace <> '{other}'",
    "select * from read_csv('/etc/passwd')", "select * from read_text('/etc/passwd')",
    "select * from '/etc/passwd'", "select * from '../../etc/passwd.csv'", "select * from glob('/*')",
    "select * from sqlite_scan('x', 'y')", "attach '/tmp/x.db'", "install httpfs", "load httpfs",
    "pragma database_list", "select * from duckdb_settings()", "select getenv('HOME')",
    "select * from 'http://127.0.0.1/x.csv'", "export database '/tmp/x'", "set enable_external_access = true",
    "select * from postgres_scan('', 'pai', 'doc')", "select * from people", "select * from secrets",
    "select id, body from docs order by (select max(body::text) from pai.doc)",
    "select * from docs where body @> (select body from pai.doc limit 1)",
    "select * from docs natural join pai.doc", "select * from only pai.doc", "select * from rows from (pg_ls_dir('.')) x",
    "select * from docs d where d.*::text like '%' and pg_ls_dir(d.id) is null",
    "select jsonb_path_query(body, '$.** ? (@ like_regex \"x\")') from docs",
]  # fmt: skip
PLAIN = [
    "select * from docs", "select id, body->>'name' from docs where rev > 0 order by id",
    "select count(*), max(rev) from docs group by collection having count(*) > 0",
    "with a as (select * from docs) select a.id from a join docs b using (id)",
    "select * from mine", "select jsonb_each(body) from docs limit 3",
    "select lower(id) from docs union select upper(id) from docs",
    "select d.id, g.n from docs d cross join generate_series(1, 3) g(n) where d.body ? 'name'",
    "select collection, jsonb_agg(body order by id) from docs where rev >= 1 group by 1",
    "select id, row_number() over (partition by collection order by rev desc) as n from docs",
    "select name, upper(name) from mine where name like 'm%' or name is null",
]  # fmt: skip
_WORDS = [
    "select", "from", "where", "pai.doc", "docs", "body", "*", "(", ")", ",", ";", "'", '"', "--",
    "/*", "*/", "$$", "union", "all", "with", "as", "set", "role", "reset", "::", "||", "=", "or",
    "and", "not", "null", "set_config", "current_setting", "pg_catalog.", "information_schema.",
    "workspace", "{other}", "\\", "%", "%s", "$1", "{}", "\u202e", "\u0430", "\xa0", "\ufeff", "e'",
    "U&'", "row_security", "off", "limit", "1", "0", "lateral", "for", "update", "into", "copy",
    "execute", "do", "begin", "end", "declare", "cursor", "returning", "delete", "insert", "values",
]  # fmt: skip
_ALIKE = str.maketrans({"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", " ": "\xa0"})


GROWN = 0.5
"""Of those that are not known attacks, how many are valid SQL by a grammar."""
_AT_THE_GUARD = ("This can't be asked", "It is not clear", "There are ", "A query may have")


def queries(seed: int, count: int) -> Iterator[str]:
    """So many queries; the same ones for the same seed."""
    chance = random.Random(seed)
    every = [*ATTACKS, *PLAIN]
    for number in range(count):
        if number < len(every):
            query = every[number]
        elif chance.random() < GROWN:
            query = Grammar(chance).query()
        else:
            query = _bred(chance, every)
        yield _filled(query)


def _filled(query: str) -> str:
    return query.replace("{other}", OTHER).replace("{owner}", _OWNER).replace("{{}}", "{}")


def _bred(chance: random.Random, every: list[str]) -> str:
    one, other = chance.choice(every), chance.choice([*every, *PLAIN * 20])
    if chance.random() < 0.3:
        one = chance.choice(PLAIN)
    cut = chance.randrange(len(one))
    ways = [
        lambda: f"select * from ({one}) x, ({other}) y",
        lambda: f"with x as ({one}) {other}",
        lambda: f"{one} union all {other}",
        lambda: f"{one}; {other}",
        lambda: f"select * from docs where exists ({one})",
        lambda: one[:cut] + chance.choice(_WORDS) + one[cut:],
        lambda: _rewritten(chance, one),
        lambda: "".join(chance.choice((str.upper, str.lower))(letter) for letter in one),
        lambda: " ".join(chance.sample(one.split(), len(one.split()))),
        lambda: " ".join(chance.choices(_WORDS, k=chance.randrange(1, 20))),
        lambda: "".join(chance.choices(string.printable + "\u0430\u2028\U0001f600", k=60)),
        lambda: one[:cut] + one[cut:].translate(_ALIKE),
    ]
    return chance.choice(ways)()


def _rewritten(chance: random.Random, query: str) -> str:
    """A part of it in the place of another one, as the grammar has it."""
    import sqlglot
    from sqlglot import exp

    try:
        tree = sqlglot.parse_one(query, read=chance.choice(["postgres", "duckdb"]))
        donor = sqlglot.parse_one(_filled(chance.choice(ATTACKS)), read="postgres")
        places = [node for node in tree.find_all(exp.Column, exp.Literal, exp.Table) if node.parent]
        gifts = [*donor.find_all(exp.Func, exp.Subquery, exp.Column, exp.Table)] or [donor]
        if places:
            gift = chance.choice(gifts).copy()
            place = chance.choice(places)
            place.replace(exp.Subquery(this=gift) if isinstance(gift, exp.Query) else gift)
        return tree.sql(dialect="postgres")
    except Exception:  # noqa: BLE001 - then as it is
        return query


@dataclass
class Assault:
    """What came of many queries."""

    tried: int = 0
    answered: int = 0
    refused: int = 0
    by_guard: int = 0
    """Of those refused, how many never came to a database."""
    leaked: list[str] = field(default_factory=list)
    """Queries whose answer, or whose complaint, brought the canary up."""

    def note(self, query: str, answer: object, *, is_answer: bool) -> None:
        """Look at what was said to a query."""
        self.tried += 1
        self.answered += is_answer
        self.refused += not is_answer
        self.by_guard += not is_answer and str(answer).startswith(_AT_THE_GUARD)
        if CANARY in str(answer):
            self.leaked.append(query)


async def through_the_door(tree: MemoryTree, me: Author, many: Iterable[str]) -> Assault:
    """As anybody asks."""
    seen = Assault()
    for query in many:
        try:
            answer = await tree.answer(me, RunSql(query=query, limit=200))
        except MemoryRefused as error:
            seen.note(query, error, is_answer=False)
        else:
            seen.note(query, SqlResult.of(answer).rows(), is_answer=True)
    return seen


async def at_the_first_wall(pool: Pool, me: Author, many: Iterable[str]) -> Assault:
    """As if the guard let everything through: the texts as they are, as the workspace's role.

    One connection for all, so that what one of them sets is there for the next.
    """
    seen = Assault()
    login = await Roles(pool).login(me.workspace)
    connection = await AsyncConnection.connect(login.conninfo, autocommit=True)
    for query in many:
        if connection.closed:
            connection = await AsyncConnection.connect(login.conninfo, autocommit=True)
        try:
            found = await fetch(connection, query, limit=200)
        except (psycopg.Error, UnicodeError, ValueError) as error:
            seen.note(query, error, is_answer=False)
        else:
            seen.note(query, found.rows, is_answer=True)
    await connection.close()
    return seen


async def plant(tree: MemoryTree, pool: Pool, me: Author) -> None:
    """Documents of the asker, and everywhere else canaries of another workspace."""
    other = Author(Workspace(OTHER), "eve", "eve")
    await tree.write(me, PutDocument(collection="mine", id="a", body={"name": "mine"}))
    for collection in ("mine", "people", "secrets"):
        body = {"name": CANARY, "x": CANARY}
        await tree.write(other, PutDocument(collection=collection, id=CANARY, body=body))
    await tree.write(other, PutRecord(key=CANARY, value=CANARY))
    await tree.write(other, Append(feed=CANARY, body=CANARY))
    await Roles(pool).login(other.workspace)


async def state(pool: Pool) -> list[object]:
    """All there is to be changed: rows, tables, functions, roles, privileges."""
    async with pool.connection() as connection:
        rows = [
            await (await connection.execute(
                f"SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t"
            )).fetchone()
            for table in ("pai.doc", "pai.doc_rev", "pai.doc_collection", "pai.record",
                          "pai.feed_entry", "pai.sql_role", "pg_largeobject_metadata")
        ]  # fmt: skip
        things = await connection.execute(
            "SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc),"
            " (SELECT count(*) FROM pg_roles r JOIN pai.sql_role s ON s.role = r.rolname),"
            " (SELECT count(*) FROM pg_db_role_setting WHERE setdatabase ="
            "  (SELECT oid FROM pg_database WHERE datname = current_database())),"
            " (SELECT md5(string_agg(relacl::text, ',' ORDER BY oid)) FROM pg_class)"
        )
        return [*rows, await things.fetchone()]
