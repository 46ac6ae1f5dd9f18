"""Databases are read and never changed, whatever is asked of them."""

import hashlib
import importlib.util
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sparring import UserError
from sparring.modalities.opening import open_data
from sparring.modalities.table.reading.databases import read_url

SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
ATTACKS = [
    "with x as (select 1) delete from orders where a = 0",
    "delete from orders",
    "select 1; drop table orders",
    "select 1;drop table orders;--",
    "drop table orders",
    "update orders set a = 5",
    "insert into orders values (9, 'z')",
    "with x as (select 1) insert into orders select 9, 'z'",
    "create table copied as select * from orders",
    "create temp table copied as select * from orders",
    "replace into orders values (1, 'x')",
    "pragma writable_schema = on",
    "pragma journal_mode = wal",
    "attach 'other.db' as other",
    "vacuum into 'other.db'",
    "vacuum",
    "reindex",
    "begin exclusive",
    "select load_extension('evil')",
    "select writefile('other.db', 'x')",
    "/* select */ delete from orders",
    "-- select\ndelete from orders",
    "explain delete from orders",
]


def shop(path: Path, wal: bool = False) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("create table orders (a integer, b text)")
        connection.execute('create table "order items" (n integer)')
        connection.executemany("insert into orders values (?, ?)", [(at % 7, "xy"[at % 2]) for at in range(40)])
        connection.executemany('insert into "order items" values (?)', [(at,) for at in range(30)])
        connection.execute("create view large as select a from orders where a > 3")
        if wal:
            connection.execute("pragma journal_mode = wal")
    connection.close()
    return path


def state(folder: Path) -> dict[str, str]:
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.iterdir()}


@pytest.mark.parametrize("wal", [False, True])
def test_no_query_changes_a_file(tmp_path, wal, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = shop(tmp_path / "shop.db", wal)
    before = state(tmp_path)
    for attack in ATTACKS:
        with pytest.raises(UserError, match=r"is only read|is read with one SELECT|cannot be read|has no table"):
            read_url(f"sqlite:///{path}#{attack}")
        assert state(tmp_path) == before, attack


@pytest.mark.parametrize("wal", [False, True])
def test_tables_views_and_queries_are_read_and_nothing_is_created(tmp_path, wal):
    url = f"sqlite:///{shop(tmp_path / 'shop.db', wal)}"
    before = state(tmp_path)
    assert len(read_url(f"{url}#orders")) == 40
    assert len(read_url(f"{url}#order items")) == len(read_url(f'{url}#"order items"')) == 30
    assert read_url(f"{url}#large").a.min() == 4
    assert len(read_url(f"{url}#  with x as (select a from orders) select * from x limit 3 ;")) == 3
    assert len(read_url(f"{url}#(select 1 as a)".replace("(", "").replace(")", ""))) == 1
    assert read_url(f"{url}#select b as b, '10:30 50%' as t from orders").t[0] == "10:30 50%"
    with pytest.raises(UserError, match="say which table .* it holds orders, order items, large"):
        read_url(url)
    with pytest.raises(UserError, match="did you mean 'orders'"):
        read_url(f"{url}#order")
    assert state(tmp_path) == before


def test_a_read_only_file_in_a_read_only_folder_is_read(tmp_path):
    path = shop(tmp_path / "shop.db", wal=True)
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        assert len(read_url(f"sqlite:///{path}#orders")) == 40
    finally:
        tmp_path.chmod(0o755)


def test_a_mistyped_path_creates_nothing(tmp_path):
    shop(tmp_path / "shop.db")
    for place in (f"{tmp_path}/shpo.db", f"file:{tmp_path}/shpo.db?mode=rwc&uri=true", f"{tmp_path}/no/shop.db"):
        with pytest.raises(UserError, match="there is no file"):
            read_url(f"sqlite:///{place}#orders")
    with pytest.raises(UserError, match="names no file"):
        read_url("sqlite://#orders")
    assert [each.name for each in tmp_path.iterdir()] == ["shop.db"]
    (tmp_path / "text.db").write_text("no database" * 200)
    with pytest.raises(UserError, match="cannot be read: file is not a database"):
        read_url(f"sqlite:///{tmp_path}/text.db#orders")


def test_rows_that_another_program_has_just_written_are_seen(tmp_path):
    path = shop(tmp_path / "shop.db", wal=True)
    with sqlite3.connect(path) as writer:
        writer.execute("insert into orders values (99, 'new')")
        writer.commit()
        assert len(read_url(f"sqlite:///{path}#orders")) == 41
    writer.close()


def test_the_only_table_needs_no_name(tmp_path):
    with sqlite3.connect(tmp_path / "one.db") as connection:
        connection.execute("create table t (a integer)")
        connection.executemany("insert into t values (?)", [(at % 3,) for at in range(30)])
    source = open_data(f"sqlite:///{tmp_path}/one.db")
    assert source.count() + source.count("test") == 30


@pytest.mark.skipif(importlib.util.find_spec("duckdb") is None, reason="needs duckdb")
def test_duckdb_is_only_read(tmp_path):
    import duckdb

    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table orders as select range % 7 as a, 'x' as b from range(40)")
        connection.execute("create view large as select a from orders where a > 3")
    url, before = f"duckdb:///{path}", state(tmp_path)
    assert len(read_url(f"{url}#orders")) == 40
    assert read_url(f"{url}#large").a.min() == 4
    assert len(read_url(f"{url}#select a from orders where a > 2")) > 0
    for attack in [*ATTACKS, f"copy orders to '{tmp_path}/other.csv'", f"select * from read_text('{__file__}')"]:
        if attack.startswith(("pragma", "begin", "explain")):
            continue
        with pytest.raises(UserError):
            read_url(f"{url}#{attack}")
    assert state(tmp_path) == before
    with pytest.raises(UserError, match="there is no file"):
        read_url(f"duckdb:///{tmp_path}/shpo.duckdb#orders")


def test_a_driver_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(UserError, match="needs pymysql; run: pip install pymysql") as refusal:
        read_url("mysql+pymysql://me:secret@localhost/shop#orders")
    assert "secret" not in str(refusal.value)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """The address of a PostgreSQL server of our own, without a network."""
    if not SERVERS or importlib.util.find_spec("psycopg2") is None:
        pytest.skip("needs a PostgreSQL server and psycopg2")
    programs, folder = SERVERS[-1].parent, Path("/tmp") / f"sparring-postgres-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")

    def run(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120)

    run(str(programs / "initdb"), "-D", str(folder / "data"), "-U", "tester", "-A", "trust")
    options = f"-k {folder} -c listen_addresses=''"
    run(str(programs / "pg_ctl"), "-D", str(folder / "data"), "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg2://tester@/postgres?host={folder}"
    finally:
        run(str(programs / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_postgresql_is_only_read(postgres):
    import sqlalchemy

    engine = sqlalchemy.create_engine(postgres, execution_options={"no_parameters": True})
    with engine.begin() as connection:
        for statement in (
            "create table orders (a integer, b text)",
            "insert into orders select n % 7, 'it''s 5%' from generate_series(0, 39) n",
            "create view large as select a from orders where a > 3",
            'create schema other; create table other."Order Items" (n integer)',
            'insert into other."Order Items" values (1)',
            "create sequence counter",
            "create function wipe() returns integer language sql as 'delete from orders; select 1'",
        ):
            connection.exec_driver_sql(statement)
    assert len(read_url(f"{postgres}#orders")) == 40
    assert read_url(f"{postgres}#large").a.min() == 4
    assert read_url(f"{postgres}#other.Order Items").n.tolist() == [1]
    assert (
        len(read_url(f"{postgres}#select a from orders where b like '%5\\%' and '10:30' < '11:00' and a::text > '0'"))
        > 0
    )
    attacks = [
        *ATTACKS,
        "select wipe()",
        "with gone as (delete from orders returning a) select * from gone",
        "with new as (insert into orders values (9, 'z') returning a) select * from new",
        "select * into copied from orders",
        "select nextval('counter')",
        "select a from orders for update",
        "select 1; commit; drop table orders",
        "select set_config('transaction_read_only', 'off', true)",
        "select lo_export(1, '/tmp/x')",
    ]
    for attack in attacks:
        with pytest.raises(UserError):
            read_url(f"{postgres}#{attack}")
    with pytest.raises(UserError, match="did you mean 'orders'"):
        read_url(f"{postgres}#order")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*), sum(a) from orders").fetchone() == (40, 115)
        names = sqlalchemy.inspect(connection).get_table_names()
    engine.dispose()
    assert names == ["orders"]


@pytest.mark.parametrize(
    "query",
    [
        "select a, b from orders where b <> ';'",
        "select a, b from orders where b <> 'it''s; so'",
        "select a, b from orders /* one; two */",
        "select a, b from orders; -- the end; really",
        'select a, b as "x;y" from orders',
    ],
)
def test_a_semicolon_that_ends_nothing_is_no_second_statement(tmp_path, query):
    assert len(read_url(f"sqlite:///{shop(tmp_path / 'shop.db')}#{query}")) == 40


@pytest.mark.parametrize("name", ["shop.db", "shop.sqlite", "shop.sqlite3"])
def test_the_file_of_a_database_is_opened_or_its_url_named(tmp_path, name):
    path = shop(tmp_path / name)
    with pytest.raises(UserError, match=f"say which table of sqlite:///{path} after a #.*orders"):
        open_data(path)
    with pytest.raises(UserError, match=f"named by its URL: sqlite:///{path}#orders"):
        open_data(f"{path}#orders")
    with sqlite3.connect(path) as connection:
        connection.execute("drop view large")
        connection.execute('drop table "order items"')
    connection.close()
    assert [field.name for field in open_data(path).fields] == ["a", "b"]
    (tmp_path / "odd.db").write_bytes(b"no database at all")
    with pytest.raises(UserError, match="holds nothing that sparring can train on"):
        open_data(tmp_path / "odd.db")
