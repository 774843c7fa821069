"""
The numbered files of sql/migrations bring a database to the schema of this version, each in one transaction.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from random import Random
from typing import Final, Self

from psycopg import AsyncConnection, errors

from core.errors import SchemaMismatch
from core.store.connection import Role, connect
from core.store.edition import detect_edition, install_extension, make_hypertables
from core.store.failures import pause_s, store_errors

log = logging.getLogger(__name__)

_LOCK: Final = 0x74616C6C79  # "tally": one migration at a time in a database
_ATTEMPTS_MAX: Final = 8
_NO_TRANSACTION: Final = "-- no-transaction"

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS schema_migration (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    sha256     bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema. Once released, a file is never edited: the next one puts it right."""

    number: int
    name: str
    statements: str

    @classmethod
    def read(cls, name: str, statements: str) -> Self:
        """The migration of a file 0001_name.sql."""
        return cls(number=int(name[:4]), name=name.removesuffix(".sql"), statements=statements)

    @property
    def digest(self) -> bytes:
        """What a database remembers of the file, to notice an edit."""
        return sha256(self.statements.encode()).digest()


def known_migrations() -> list[Migration]:
    """All migrations of this version, in order."""
    folder = files("core.store").joinpath("sql", "migrations")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [Migration.read(name, folder.joinpath(name).read_text("utf-8")) for name in names]


async def migrate(dsn: str, known: Sequence[Migration] | None = None) -> list[str]:
    """Bring the database to this version's schema; the names of the migrations that were missing."""
    migrations = known_migrations() if known is None else known
    with store_errors():
        async with await connect(dsn, Role.MIGRATE) as turn:
            await turn.execute("SET lock_timeout = 0")  # another's migration may take its time
            await turn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))  # ours until this connection closes
            async with await connect(dsn, Role.MIGRATE) as conn:
                await install_extension(conn)
            async with await connect(dsn, Role.MIGRATE) as conn:
                return await _apply_missing(conn, migrations)


async def check_schema(conn: AsyncConnection, known: Sequence[Migration] | None = None) -> None:
    """Raise SchemaMismatch unless the database stands exactly where this version's migrations end."""
    migrations = known_migrations() if known is None else known
    try:
        missing = await _missing(conn, migrations)
    except errors.UndefinedTable as exc:
        raise SchemaMismatch("the database has no Tallyport schema yet; run the migrations (tallyport up)") from exc
    if missing:
        names = ", ".join(migration.name for migration in missing)
        raise SchemaMismatch(f"the database lacks {names}; run the migrations (tallyport up)")


async def _apply_missing(conn: AsyncConnection, known: Sequence[Migration]) -> list[str]:
    await conn.execute(_TABLE)
    missing = await _missing(conn, known)
    for migration in missing:
        await _apply(conn, migration)
        log.info("schema migrated", extra={"action": "schema_migrated", "migration": migration.name})
    edition = await detect_edition(conn)
    async with conn.transaction():
        await make_hypertables(conn, edition)
    return [migration.name for migration in missing]


async def _missing(conn: AsyncConnection, known: Sequence[Migration]) -> list[Migration]:
    """The migrations still to come; raises SchemaMismatch where those that came are not the ones we know."""
    cursor = await conn.execute("SELECT number, name, sha256 FROM schema_migration ORDER BY number")
    applied = {number: (name, bytes(digest)) for number, name, digest in await cursor.fetchall()}
    by_number = {migration.number: migration for migration in known}
    for number, (name, digest) in applied.items():
        if number not in by_number:
            raise SchemaMismatch(f"the database has migration {name}, unknown to this version: run the newer Tallyport")
        if by_number[number].digest != digest:
            raise SchemaMismatch(
                f"migration {name} was edited after it ran here: put its file back and add a new one instead"
            )
    missing = [migration for migration in known if migration.number not in applied]
    if missing and applied and missing[0].number < max(applied):
        raise SchemaMismatch(f"migration {missing[0].name} was skipped in this database: restore a backup")
    return missing


async def _apply(conn: AsyncConnection, migration: Migration) -> None:
    """Run one file; a table that is busy is tried again rather than queued behind."""
    random = Random(migration.number)  # noqa: S311 - jitter is no secret
    for attempt in range(_ATTEMPTS_MAX):
        try:
            await _run(conn, migration)
        except errors.LockNotAvailable:
            if attempt + 1 == _ATTEMPTS_MAX:
                raise
            await asyncio.sleep(pause_s(attempt, random))
        else:
            return


async def _run(conn: AsyncConnection, migration: Migration) -> None:
    record = "INSERT INTO schema_migration (number, name, sha256) VALUES (%s, %s, %s)"
    values = (migration.number, migration.name, migration.digest)
    if migration.statements.startswith(_NO_TRANSACTION):
        await conn.execute(migration.statements)
        await conn.execute(record, values)
        return
    async with conn.transaction():
        await conn.execute(migration.statements)
        await conn.execute(record, values)
