"""
The database in a few verbs.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.model.pending_reader import PendingReader
from core.model.shipped import ShipmentIndex
from core.model.step import Step
from core.site import Reader, Site
from core.store.audit import Act, append_audit
from core.store.calibrations import Published, load_calibration, newest_version, publish_calibration, version_in_use
from core.store.checkpoints import load_checkpoints, save_checkpoint
from core.store.connection import Connection, Pool, Role, connect, lend, open_pool
from core.store.edition import Edition, detect_edition
from core.store.failures import store_errors
from core.store.migrate import check_schema
from core.store.pending import approve_pending, note_pending
from core.store.products import StockDifference, recount_stock, upsert_products
from core.store.queries import QUERIES
from core.store.registry import UnknownSite, load_site, save_site
from core.store.replay import ReplayStep, replay_steps
from core.store.retention import Retention, prune
from core.store.shipments import close_shipment, create_shipment, open_shipments
from core.store.times import microseconds
from core.store.writer import CommitResult, Writer


class Store:
    """An open database of this version's schema. Made by open_store."""

    def __init__(self, pool: Pool, writer: Writer, edition: Edition) -> None:
        self.edition = edition
        self._pool = pool
        self._writer = writer

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection in autocommit; the driver's errors leave as ours."""
        with store_errors():
            async with lend(self._pool) as conn:
                yield conn

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection inside a transaction, which commits where the block ends well."""
        async with self.connection() as conn, conn.transaction():
            yield conn

    async def save_site(self, plan: Site) -> Site:
        """Bring the stored plan to this one; the plan with the numbers that its zones and read points now have."""
        async with self.transaction() as conn:
            return await save_site(conn, plan)

    async def site(self, site_id: str) -> Site:
        """The plan as it stands. Raises UnknownSite."""
        async with self.transaction() as conn:
            return await load_site(conn, site_id)

    async def sites(self) -> list[str]:
        """The ids of all sites."""
        async with self.connection() as conn:
            return [row[0] for row in await (await conn.execute(QUERIES["site_ids"])).fetchall()]

    async def site_version(self, site_id: str) -> int:
        """The version of a site's plan, which grows with every change. Raises UnknownSite."""
        async with self.connection() as conn:
            row = await (await conn.execute(QUERIES["site_version"], {"id": site_id})).fetchone()
        if row is None:
            raise UnknownSite(site_id)
        return int(row[0])

    async def publish_calibration(self, site_id: str, body: Mapping[str, Any] | None, actor: str) -> Published:
        """Let a site go by a calibration that fits its plan, or by none. Raises UnknownSite."""
        async with self.transaction() as conn:
            return await publish_calibration(conn, site_id, body, actor)

    async def calibration(self, site_id: str, version: int | None = None) -> Published | None:
        """The calibration of this number, or the newest; None where there is none."""
        async with self.connection() as conn:
            return await load_calibration(conn, site_id, version)

    async def calibration_versions(self, site_id: str) -> tuple[int, int]:
        """The numbers of the newest calibration and of the line's; 0 for none. Raises UnknownSite."""
        async with self.connection() as conn:
            return await newest_version(conn, site_id), await version_in_use(conn, site_id)

    async def tags(self, site_id: str) -> list[tuple[int, str]]:
        """(tag id, EPC) of every tag ever seen at a site, by tag id."""
        async with self.connection() as conn:
            cursor = await conn.execute(QUERIES["site_tags"], {"id": site_id})
            return [(tag_id, epc) for tag_id, epc in await cursor.fetchall()]

    async def claim(self, site_id: str) -> None:
        """Become the site's writer until the store is closed. Raises SiteTaken, UnknownSite."""
        with store_errors():
            await self._writer.claim(site_id)

    async def hold(self, site_id: str) -> None:
        """See to it that we are still the site's writer. Raises SiteTaken, StoreUnavailable."""
        with store_errors():
            await self._writer.hold(site_id)

    async def commit(self, step: Step) -> CommitResult:
        """
        Remember all of a step or none of it; returns once durable, and tries again inside.

        Raises SiteTaken, StepOutOfOrder, StepRefused, UnknownSite.
        """
        return await self._writer.commit(step)

    async def refuses(self, step: Step) -> str:
        """Say why the database would refuse what is in a step; empty if it takes it. Nothing of it stays."""
        with store_errors():
            return await self._writer.refuses(step)

    async def save_checkpoint(self, site_id: str, seq: int, body: bytes) -> None:
        """Keep the engine's state after a step, and the two before it."""
        async with self.transaction() as conn:
            await save_checkpoint(conn, site_id, seq, body)

    async def checkpoints(self, site_id: str) -> list[tuple[int, bytes]]:
        """(seq, body) of the whole checkpoints, newest first."""
        async with self.connection() as conn:
            return await load_checkpoints(conn, site_id)

    async def replay(self, site_id: str, after_seq: int) -> AsyncIterator[ReplayStep]:
        """The committed steps after one, in order."""
        async with self.transaction() as reads, self.transaction() as events:
            # A replay takes as long as it takes; the engine works between two rows.
            for conn in (reads, events):
                await conn.execute("SET LOCAL statement_timeout = 0")
                await conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            async for step in replay_steps(reads, events, site_id, after_seq):
                yield step

    async def taken_messages(self, site_id: str) -> npt.NDArray[np.int64]:
        """The marks of the messages of the last committed steps, oldest first: int64[m]."""
        async with self.connection() as conn:
            rows = await (await conn.execute(QUERIES["taken_messages"], {"id": site_id})).fetchall()
        return np.frombuffer(b"".join(row[0] for row in rows), np.int64)

    async def numberings(self, site_id: str) -> dict[str, bytes]:
        """How far the numbers of a site's readers have come, as the last committed steps said it."""
        async with self.connection() as conn:
            cursor = await conn.execute(QUERIES["numberings"], {"id": site_id})
            return {reader: bytes(numbering) for reader, numbering in await cursor.fetchall()}

    async def spool_number(self, site_id: str, spool: str) -> int:
        """Up to which number the messages of a spool are committed; 0 where none is."""
        async with self.connection() as conn:
            row = await (await conn.execute(QUERIES["spool_number"], {"id": site_id, "spool": spool})).fetchone()
        return 0 if row is None else int(row[0])

    async def live_seq(self, site_id: str) -> int:
        """The seq of the last committed step. Raises UnknownSite."""
        async with self.connection() as conn:
            row = await (await conn.execute("SELECT live_seq FROM site WHERE id = %s", (site_id,))).fetchone()
        if row is None:
            raise UnknownSite(site_id)
        return int(row[0])

    async def prune(self, keep: Retention) -> dict[str, int]:
        """Forget what has served its time in all sites; how many rows or chunks of each table went."""
        async with self.connection() as conn:
            # It is not one of the short questions for which this role's time-out is made.
            await conn.execute("SET statement_timeout = '5min'")
            try:
                return await prune(conn, self.edition, keep)
            finally:
                await conn.execute("RESET statement_timeout")

    async def note_pending(self, readers: Iterable[PendingReader]) -> None:
        """Remember that unknown readers have published."""
        async with self.connection() as conn:
            await note_pending(conn, readers)

    async def pending(self, site_id: str) -> list[PendingReader]:
        """The readers that wait for approval."""
        async with self.connection() as conn:
            rows = await (await conn.execute(QUERIES["pending"], {"site": site_id})).fetchall()
        return [
            PendingReader(
                site=site,
                topic=topic,
                reader=reader,
                format=format_,
                first_arrived_us=microseconds(first_at),
                last_arrived_us=microseconds(last_at),
                messages=messages,
                sample=bytes(sample),
            )
            for site, topic, reader, format_, first_at, last_at, messages, sample in rows
        ]

    async def approve_pending(self, site_id: str, topic: str, actor: str, reader: Reader | None = None) -> Site:
        """Put a waiting reader on the plan. Raises NotPending, UnknownSite."""
        async with self.transaction() as conn:
            await append_audit(conn, Act(actor=actor, act="reader.approve", subject=topic, site=site_id))
            return await approve_pending(conn, site_id, topic, reader)

    async def upsert_products(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Add or change products; how many tags now count for another one."""
        async with self.transaction() as conn:
            return await upsert_products(conn, rows)

    async def recount_stock(self, site_id: str) -> list[StockDifference]:
        """Where the stock is not what the positions say; empty when all is well."""
        async with self.transaction() as conn:
            return await recount_stock(conn, site_id)

    async def open_shipments(self, site_id: str) -> ShipmentIndex:
        """What may leave, and through which door."""
        async with self.connection() as conn:
            return await open_shipments(conn, site_id)

    async def create_shipment(self, site_id: str, reference: str, door: str, epcs: Sequence[str]) -> int:
        """Open a shipment; its number. Raises ShipmentExists."""
        async with self.transaction() as conn:
            return await create_shipment(conn, site_id, reference, door, epcs)

    async def close_shipment(self, site_id: str, reference: str) -> bool:
        """Close an open shipment; False where none of this reference is open."""
        async with self.connection() as conn:
            return await close_shipment(conn, site_id, reference)

    async def audit(self, act: Act) -> None:
        """Write down who did what."""
        async with self.connection() as conn:
            await append_audit(conn, act)


@asynccontextmanager
async def open_store(dsn: str, *, role: Literal["ingest", "api"]) -> AsyncIterator[Store]:
    """
    Open the database. Raises StoreUnavailable where it can't be reached, SchemaMismatch where it is not ours.
    """
    with store_errors():
        # A single connection first: it says at once what is wrong, where a pool would try until its time is up.
        async with await connect(dsn, Role(role)) as conn:
            await check_schema(conn)
            edition = await detect_edition(conn)
    writer = Writer(dsn)
    async with open_pool(dsn, Role(role)) as pool:
        try:
            yield Store(pool, writer, edition)
        finally:
            await writer.close()
