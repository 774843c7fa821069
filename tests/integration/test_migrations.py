"""
The migrations: they reach the schema, in every edition, once, and refuse what they don't know.
"""

import asyncio
from dataclasses import replace
from importlib.resources import files
from typing import Any, Final

import psycopg
import pytest

from core.errors import SchemaMismatch, StoreUnavailable
from core.store import Edition, migrate, open_store
from core.store.edition import HYPERTABLES
from core.store.migrate import Migration, known_migrations
from core.store.times import timestamp
from tests.integration.store_questions import rows
from tests.servers import EditionName, Servers
from tests.store_steps import START_US, Steps, epc_of, passage_of, small_site

CATALOGUE: Final = {
    "columns": """
        SELECT c.relname, c.relkind, c.relpersistence, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               a.attidentity, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'schema_migration'
          AND c.relname <> 'schema_migration_pkey'
        ORDER BY 1, a.attnum""",
    "options": """
        SELECT relname, reloptions FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL ORDER BY 1""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'schema_migration' ORDER BY 1, 2""",
    "indexes": """
        SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'schema_migration' ORDER BY 1""",
    "functions": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e') ORDER BY 1""",
}
OLDER_ROWS: Final = """
    WITH north AS (
        INSERT INTO site (id, name, timezone, width_m, height_m) VALUES ('north', 'North', 'UTC', 9, 9)
        RETURNING site_id
    ), seen AS (
        INSERT INTO tag (site_id, tag_id, epc, first_seen_at) SELECT site_id, 0, %(epc)s, %(at)s FROM north
    )
    INSERT INTO movement SELECT %(at)s, site_id, 0, 'leave', 0, 2, 1, 0.9, 1 FROM north"""
EXTRA: Final = Migration.read("9001_extra.sql", "CREATE TABLE extra (id integer PRIMARY KEY);")


def catalogue(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a schema is made of, as the database tells it."""
    with psycopg.connect(url) as conn:
        return {name: conn.execute(question).fetchall() for name, question in CATALOGUE.items()}


@pytest.mark.parametrize("edition", ["postgres"], indirect=True)
async def test_migrations_all_reach_the_schema(servers: Servers, edition: EditionName, empty_database_url: str) -> None:
    """
    A database built from all migrations is the one that schema.sql builds.
    """
    with servers.database(edition, migrated=False) as other_url:
        with psycopg.connect(other_url) as conn:
            conn.execute(files("core.store").joinpath("sql", "schema.sql").read_bytes())
        await migrate(empty_database_url)
        assert catalogue(other_url) == catalogue(empty_database_url)


async def test_migrate_twice_changes_nothing(empty_database_url: str) -> None:
    """
    The first run applies every migration, the second none.
    """
    assert [migration.name for migration in known_migrations()] == await migrate(empty_database_url)
    before = catalogue(empty_database_url)
    assert await migrate(empty_database_url) == []
    assert before == catalogue(empty_database_url)


async def test_migrate_keeps_what_an_older_version_stored(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A database of the first version, with its history in it, takes up passages and loses nothing.
    """
    first, *rest = known_migrations()
    with monkeypatch.context() as older:
        older.delitem(HYPERTABLES, "passage")
        await migrate(empty_database_url, [first])
    with psycopg.connect(empty_database_url) as conn:
        conn.execute(OLDER_ROWS, {"epc": epc_of(0), "at": timestamp(START_US)})
    assert await migrate(empty_database_url) == [migration.name for migration in rest]
    async with open_store(empty_database_url, role="ingest") as store:
        await store.save_site(small_site())
        await store.commit(Steps().next(passages=(passage_of(0),)))
        assert await rows(store, "SELECT epc, kind FROM movement JOIN tag USING (tag_id)") == [(epc_of(0), "leave")]
        assert await rows(store, "SELECT tag_id, door, verdict FROM passage") == [(0, "d1", "through")]


async def test_migrate_by_two_at_once_applies_each_once(empty_database_url: str) -> None:
    """
    Of two processes that start together one migrates, and the other finds nothing to do.
    """
    done = await asyncio.gather(migrate(empty_database_url), migrate(empty_database_url))
    assert sorted([[], [migration.name for migration in known_migrations()]]) == sorted(done)


async def test_migrate_edited_file_is_refused(empty_database_url: str) -> None:
    """
    A migration that was edited after it ran stops the service with its name.
    """
    await migrate(empty_database_url)
    first, *rest = known_migrations()
    edited = [replace(first, statements=first.statements + "\n-- edited"), *rest]
    with pytest.raises(SchemaMismatch, match="0001_initial was edited"):
        await migrate(empty_database_url, edited)


async def test_migrate_missing_file_is_refused(empty_database_url: str) -> None:
    """
    A database whose migrations this version doesn't have belongs to a newer one, and is left alone.
    """
    await migrate(empty_database_url, [*known_migrations(), EXTRA])
    with pytest.raises(SchemaMismatch, match="9001_extra, unknown to this version"):
        await migrate(empty_database_url)
    with pytest.raises(SchemaMismatch, match="9001_extra"):
        async with open_store(empty_database_url, role="api"):
            pass


async def test_migrate_skipped_file_is_refused(empty_database_url: str) -> None:
    """
    A file put in before one that has run already is never applied out of order.
    """
    await migrate(empty_database_url, [*known_migrations(), EXTRA])
    between = Migration.read("9000_between.sql", "CREATE TABLE between_them (id integer);")
    with pytest.raises(SchemaMismatch, match="9000_between was skipped"):
        await migrate(empty_database_url, [*known_migrations(), between, EXTRA])


async def test_migrate_failing_file_leaves_nothing_of_itself(empty_database_url: str) -> None:
    """
    A migration that fails half-way is not half there, and runs whole once it is put right.
    """
    broken = replace(EXTRA, statements=EXTRA.statements + " SELECT 1/0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        await migrate(empty_database_url, [*known_migrations(), broken])
    assert [EXTRA.name] == await migrate(empty_database_url, [*known_migrations(), EXTRA])


async def test_migrate_without_transaction_runs_where_it_must(empty_database_url: str) -> None:
    """
    What PostgreSQL refuses inside a transaction can be a migration too.
    """
    await migrate(empty_database_url)
    statements = "-- no-transaction\nCREATE INDEX CONCURRENTLY tag_scheme ON tag (scheme)"
    alone = Migration.read("9001_alone.sql", statements)
    assert await migrate(empty_database_url, [*known_migrations(), alone]) == ["9001_alone"]


async def test_open_store_without_schema_says_what_to_do(empty_database_url: str) -> None:
    """
    An empty database is not ours yet, and the message says how it becomes so.
    """
    with pytest.raises(SchemaMismatch, match="run the migrations"):
        async with open_store(empty_database_url, role="ingest"):
            pass


async def test_open_store_without_server_says_so() -> None:
    """
    A database that can't be reached is a StoreUnavailable, and so is an address that is none.
    """
    with pytest.raises(StoreUnavailable):
        async with open_store("postgresql://nobody@127.0.0.1:9/none", role="ingest"):
            pass
    with pytest.raises(StoreUnavailable, match="not a database address"):
        async with open_store("not an address", role="ingest"):
            pass


async def test_edition_is_found_and_shapes_the_tables(database_url: str, edition: EditionName) -> None:
    """
    TimescaleDB makes hypertables of history with chunks of the right span; plain PostgreSQL has plain tables.
    """
    async with open_store(database_url, role="api") as store:
        assert Edition(edition) is store.edition
        if store.edition is Edition.POSTGRES:
            return
        async with store.connection() as conn:
            cursor = await conn.execute(
                "SELECT hypertable_name, time_interval::text FROM timescaledb_information.dimensions ORDER BY 1"
            )
            found = dict(await cursor.fetchall())
    days = dict.fromkeys(("alert_event", "movement", "passage", "sensor_reading"), "1 day")
    assert {**days, "read": "01:00:00"} == found
