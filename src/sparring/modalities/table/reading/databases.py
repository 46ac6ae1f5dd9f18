"""Read one table or one query of a database, which is opened so that nothing in it can change.

The driver refuses every write, not a search through the text of a query: SQLite opens the file read-only and asks an
authorizer about each step, DuckDB opens it read-only without access to other files, PostgreSQL, MySQL and MariaDB read
in read-only transactions. Of other databases whole tables and views are read, no queries.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote as url_quote
from urllib.parse import unquote, urlsplit

import pandas as pd

from ....errors import UserError, nearest
from ....util.files import without_password

READING = frozenset(  # what SQLite may do for a query
    getattr(sqlite3, f"SQLITE_{action}") for action in ("SELECT", "READ", "FUNCTION", "RECURSIVE")
)
SQLITE_WAL = b"\x02\x02"  # bytes 18 and 19 of a file whose newest pages may stand in a file of their own
QUERY = re.compile(r"(\s|\(|--[^\n]*\n|/\*.*?\*/)*(select|with|values|from)\b", re.IGNORECASE | re.DOTALL)
WRITES_FILES = re.compile(r"\b(outfile|dumpfile|lo_export|lo_import|dblink\w*)\b", re.IGNORECASE)
QUOTED = re.compile(  # texts, names and comments, in which a ';' ends nothing
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL
)
FILES = {
    b"SQLite format 3\0": (0, "sqlite"),
    b"DUCK": (8, "duckdb"),
}  # what a file of a database begins with, and where
MAX_TABLES_SHOWN = 10


@dataclass(frozen=True)
class Database:
    """An open database. tables: names of its tables and views. query: statement -> table. quote: a name in SQL."""

    tables: list[str]
    query: Callable[[str], pd.DataFrame]
    quote: Callable[[str], str]
    queries: bool = True  # can a query be run without any danger?


def url_of(path: Path) -> str | None:
    """The URL of the database in a file; None where it holds none."""
    try:
        with path.open("rb") as file:
            head = file.read(32)
    except OSError:
        return None
    kinds = (kind for mark, (at, kind) in FILES.items() if head[at : at + len(mark)] == mark)
    return next((f"{kind}:///{path}" for kind in kinds), None)


def read_url(url: str) -> pd.DataFrame:
    """A table, a view or a query of a database.

    For example sqlite:///shop.db#orders or postgresql://user@host/shop#SELECT ... Raises UserError where it cannot be
    read, or would not only be read.
    """
    place, _, asked = url.partition("#")
    shown, asked = without_password(place), asked.strip().removesuffix(";").rstrip()
    with _opened(place, shown) as database:
        statement = _statement(database, asked, shown)
        return database.query(statement)


def _statement(database: Database, asked: str, shown: str) -> str:
    """The query that reads what was asked for. Raises UserError where that is neither a table nor a single query."""
    tables = database.tables
    known = f"it holds {', '.join(tables[:MAX_TABLES_SHOWN])}" if tables else "it holds none"
    known += f" and {len(tables) - MAX_TABLES_SHOWN} more" if len(tables) > MAX_TABLES_SHOWN else ""
    if not asked:
        if len(tables) == 1:
            return f"SELECT * FROM {database.quote(tables[0])}"
        raise UserError(f"say which table of {shown} after a #, or give a query: {known}")
    for name in (asked, asked.strip("\"'`[]")):
        if name in tables:
            return f"SELECT * FROM {database.quote(name)}"
    if not QUERY.match(asked):
        if " " in asked:
            raise UserError(f"{shown} is only read, by a SELECT or the name of a table, not '{asked[:40]}'; {known}")
        raise UserError(f"{shown} has no table '{asked}'; {nearest(asked, tables)}")
    if ";" in QUOTED.sub("", asked).rstrip().removesuffix(";"):
        raise UserError(f"{shown} is read with one SELECT: leave the ';' out of the query")
    if found := WRITES_FILES.search(asked):
        raise UserError(f"{shown} is only read, and '{found[0]}' can write files or other databases: leave it out")
    if not database.queries:
        raise UserError(f"{shown} cannot be told to refuse changes, so only whole tables are read: {known}")
    return asked


@contextmanager
def _opened(place: str, shown: str) -> Iterator[Database]:
    try:
        import sqlalchemy
    except ImportError:
        raise UserError('reading a database needs SQLAlchemy; run: pip install "sparring[table]"') from None
    try:
        url = sqlalchemy.make_url(place)
        opener = {"sqlite": _sqlite, "duckdb": _duckdb}.get(url.get_backend_name(), _server)
        with opener(url, shown) as database:
            yield database
    except sqlite3.DatabaseError as error:
        raise _unreadable(shown, error) from None
    except ModuleNotFoundError as error:
        raise UserError(f"reading {shown} needs {error.name}; run: pip install {error.name}") from None
    except (sqlalchemy.exc.SQLAlchemyError, ValueError, OSError) as error:  # pandas' is an OSError
        raise _unreadable(shown, error) from None


def _unreadable(shown: str, error: Exception) -> UserError:
    why = without_password(" ".join(str(error).split())[:200])
    if "not authorized" in why or "prohibited" in why:
        return UserError(f"{shown} is only read, and this query would do more ({why}): give a SELECT")
    return UserError(f"{shown} cannot be read: {why}")


@contextmanager
def _sqlite(url: Any, shown: str) -> Iterator[Database]:
    """The file is opened read-only, is never created, and nothing is created beside it."""
    path = _existing(url.database, shown)
    with path.open("rb") as file:
        head = file.read(20)
    beside = [path.with_name(path.name + end).exists() for end in ("-wal", "-journal")]
    # A file in WAL mode that nobody has open would get two files beside it, even when it is only read.
    frozen = "&immutable=1" if head[18:20] == SQLITE_WAL and not any(beside) else ""
    connection = sqlite3.connect(f"file:{url_quote(str(path.resolve()))}?mode=ro{frozen}", uri=True)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in READING else sqlite3.SQLITE_DENY)
        found = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY rowid")
        tables = [name for (name,) in found if not name.startswith("sqlite_")]
        yield Database(tables, lambda query: _fetched(connection, query), _quoted)
    finally:
        connection.close()


def _fetched(connection: sqlite3.Connection, query: str) -> pd.DataFrame:
    rows = connection.execute(query)
    return pd.DataFrame.from_records(rows.fetchall(), columns=[each[0] for each in rows.description], coerce_float=True)


@contextmanager
def _duckdb(url: Any, shown: str) -> Iterator[Database]:
    try:
        import duckdb
    except ImportError:
        raise UserError(f"reading {shown} needs duckdb; run: pip install duckdb") from None
    path = _existing(url.database, shown)
    try:
        with duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"}) as connection:
            found = connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
            yield Database([name for (name,) in found], lambda query: connection.execute(query).df(), _quoted)
    except duckdb.Error as error:
        raise _unreadable(shown, error) from None


@contextmanager
def _server(url: Any, shown: str) -> Iterator[Database]:
    import sqlalchemy

    backend = url.get_backend_name()
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.connect() as connection:
            if backend == "postgresql":
                connection = connection.execution_options(postgresql_readonly=True)
            elif backend in ("mysql", "mariadb"):
                connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
                connection.rollback()
            inspector = sqlalchemy.inspect(connection)
            tables = [*inspector.get_table_names(), *inspector.get_view_names()]
            schemas = [name for name in inspector.get_schema_names() if name != inspector.default_schema_name]
            tables += [f"{schema}.{name}" for schema in schemas for name in _of_schema(inspector, schema)]
            run = connection.execution_options(no_parameters=True)  # a % or : in a query means itself
            preparer = engine.dialect.identifier_preparer

            def quoted(name: str) -> str:
                schema, dot, rest = name.partition(".")
                parts = [schema, rest] if dot and schema in schemas else [name]
                return ".".join(map(preparer.quote_identifier, parts))

            readonly = backend in ("postgresql", "mysql", "mariadb")
            yield Database(tables, lambda query: pd.read_sql_query(query, run), quoted, readonly)
            connection.rollback()
    finally:
        engine.dispose()


def _of_schema(inspector: Any, schema: str) -> list[str]:
    """Tables and views of a schema that people made."""
    if schema.startswith(("pg_", "information_schema", "performance_schema", "mysql", "sys")):
        return []
    return [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]


def _existing(database: str | None, shown: str) -> Path:
    """The file of a database. Raises UserError where there is none: opening it would create one."""
    text = database or ""
    path = Path(unquote(urlsplit(text).path)) if text.startswith("file:") else Path(text)
    if not text or text == ":memory:":
        raise UserError(f"{shown} names no file: write it as in sqlite:///folder/shop.db#orders")
    if not path.is_file():
        near = [each.name for each in path.parent.glob("*")] if path.parent.is_dir() else []
        hint = nearest(path.name, near[:50]) if near else "there is no such folder"
        raise UserError(f"{shown} cannot be read: there is no file {path}; {hint}")
    return path


def _quoted(name: str) -> str:
    """A name as SQLite and DuckDB take it."""
    return '"' + name.replace('"', '""') + '"'
