"""
The one writer of a site: a connection of its own, a transaction a step, and the same step again until it is durable.
"""

import asyncio
import logging
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import psycopg

from core.errors import StoreUnavailable, TallyportError
from core.model.step import Step
from core.store.claims import Claims, SiteTaken
from core.store.connection import Connection, Role, connect
from core.store.facts import SiteFacts, load_facts
from core.store.failures import UNFIT_DATA, first_line, is_passing, pause_s
from core.store.queries import QUERIES
from core.store.times import timestamp
from core.store.write_alerts import write_alerts
from core.store.write_passages import write_passages
from core.store.write_positions import STAGES, write_movements, write_positions, write_tags
from core.store.write_readers import write_events, write_health
from core.store.write_reads import write_late, write_reads

log = logging.getLogger(__name__)

STOCK_ROOM: Final = 2
"""First half of the advisory lock between steps, which move the stock, and changes of products, which recount it."""
STEP_S_MAX: Final = 20.0
"""A server that is frozen fires none of its own time-outs; past this we hang up and look again."""


class StepOutOfOrder(TallyportError):
    """A step doesn't follow the last committed one: this process's engine is not the one that the database knows."""

    def __init__(self, site: str, seq: int, live_seq: int) -> None:
        super().__init__(
            f"step {seq} of site {site} does not follow {live_seq}: restart, so that the engine is rebuilt"
        )
        self.seq = seq
        self.live_seq = live_seq


class StepRefused(TallyportError):
    """The database takes something in a step for impossible, and will always do so."""

    def __init__(self, site: str, seq: int, cause: BaseException) -> None:
        super().__init__(f"the database refuses step {seq} of site {site}: {first_line(cause)}")
        self.site = site


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitResult:
    """What only the database could know of a step."""

    alert_seq: int
    """The number of the site's newest alert event."""
    tags_present: int
    """Tags present in the whole site."""
    late_stored: dict[str, int]
    """Late candidates that completed history, by reader; the others were repeats."""
    already: bool = False
    """The step had been committed before; nothing was done."""


class Writer:
    """Commits steps on one connection, which it opens when it needs it and opens again when it breaks."""

    def __init__(self, dsn: str, random: Random | None = None) -> None:
        self._dsn = dsn
        self._random = random or Random()  # noqa: S311 - jitter is no secret
        self._conn: Connection | None = None
        self._claims = Claims()
        self._facts: dict[str, SiteFacts] = {}
        self._present: dict[str, tuple[int, int]] = {}
        self._turn = asyncio.Lock()

    async def commit(self, step: Step) -> CommitResult:
        """
        Remember all of a step or none of it; committing the same step again changes nothing.

        What passes by itself is tried again for as long as it takes. After a COMMIT without an answer the next attempt
        finds the step taken or not. Raises SiteTaken, StepOutOfOrder, StepRefused, UnknownSite.
        """
        async with self._turn:
            attempt = 0
            while (result := await self._attempt(step)) is None:
                attempt += 1
                await asyncio.sleep(pause_s(attempt, self._random))
            return result

    async def claim(self, site: str) -> None:
        """Become the writer of a site until this writer is closed. Raises SiteTaken, UnknownSite."""
        async with self._turn:
            await self._claimed(await self._connection(), site)

    async def hold(self, site: str) -> None:
        """See to it that a site is still ours; where the connection broke it is claimed again. Raises as claim does."""
        async with self._turn:
            try:
                async with asyncio.timeout(STEP_S_MAX):
                    conn = await self._connection()
                    facts = await self._claimed(conn, site)
                    await self._claims.check(conn, site, facts.row_id)
            except (psycopg.Error, TimeoutError):
                await self._forget(site)
                raise

    async def refuses(self, step: Step) -> str:
        """Say why the database would refuse what is in a step, whatever its seq; empty if it takes it."""
        async with self._turn:
            conn = await self._connection()
            facts = await self._claimed(conn, step.site)
            try:
                async with conn.transaction(force_rollback=True):
                    await _write_rows(conn, facts, step)
            except UNFIT_DATA as exc:
                return first_line(exc)
        return ""

    async def close(self) -> None:
        """Hang up, which gives the sites free."""
        if self._conn is not None:
            await self._conn.close()
        self._conn = None
        self._facts.clear()
        self._present.clear()

    async def _attempt(self, step: Step) -> CommitResult | None:
        """Try once; None where it did not go through and may be tried again."""
        try:
            async with asyncio.timeout(STEP_S_MAX):
                return await self._try(step)
        except (psycopg.Error, TimeoutError, StoreUnavailable) as exc:
            await self._forget(step.site)
            if isinstance(exc, UNFIT_DATA):
                raise StepRefused(step.site, step.seq, exc) from exc
            if not is_passing(exc):
                raise
            log.warning(
                "commit did not go through, trying again",
                extra={"action": "commit_retry", "site": step.site, "seq": step.seq, "why": str(exc)},
            )
            return None

    async def _try(self, step: Step) -> CommitResult:
        conn = await self._connection()
        facts = await self._claimed(conn, step.site)
        async with conn.transaction():
            live_seq, version, alert_seq = await _one(conn, "begin_step", {"room": STOCK_ROOM, "site_id": facts.row_id})
            if live_seq >= step.seq:
                present = await self._count_present(conn, facts)
                return CommitResult(alert_seq=alert_seq, tags_present=present, late_stored={}, already=True)
            if live_seq != step.seq - 1:
                raise StepOutOfOrder(step.site, step.seq, live_seq)
            if version != facts.version:
                facts = self._facts[step.site] = await load_facts(conn, step.site)
            result = await self._write(conn, facts, step)
        self._present[step.site] = (step.seq, result.tags_present)
        return result

    async def _write(self, conn: Connection, facts: SiteFacts, step: Step) -> CommitResult:
        """Everything that a step changes, in one place and one order."""
        before = self._present.get(step.site)
        late_stored, more_present = await _write_rows(conn, facts, step)
        known = before is not None and before[0] == step.seq - 1
        present = before[1] + more_present if before and known else await self._count_present(conn, facts)
        params = {
            "site_id": facts.row_id,
            "epoch": self._claims.epoch(facts.row_id),
            "seq": step.seq,
            "closed_at": timestamp(step.closed_us),
            "messages": step.messages.tobytes(),
            "taught": step.taught,
        }
        if step.spooled is not None:
            place = {"spool": step.spooled.spool, "number": step.spooled.number}
            await conn.execute(QUERIES["note_spooled"], {"site_id": facts.row_id, **place})
        row = await (await conn.execute(QUERIES["end_step"], params)).fetchone()
        if row is None:
            raise SiteTaken(step.site)
        return CommitResult(alert_seq=row[0], tags_present=present, late_stored=late_stored)

    async def _connection(self) -> Connection:
        if self._conn is None or self._conn.closed:
            await self.close()
            self._conn = await connect(self._dsn, Role.INGEST)
            await self._claims.sign(self._conn)
            for name in STAGES:
                await self._conn.execute(QUERIES[name])
        return self._conn

    async def _claimed(self, conn: Connection, site: str) -> SiteFacts:
        facts = self._facts.get(site)
        if facts is None:
            facts = await load_facts(conn, site)
            await self._claims.take(conn, site, facts.row_id)
            self._facts[site] = facts
        return facts

    async def _count_present(self, conn: Connection, facts: SiteFacts) -> int:
        (present,) = await _one(conn, "count_present", {"site_id": facts.row_id})
        return int(present)

    async def _forget(self, site: str) -> None:
        """After trouble nothing is taken for granted: not the connection unless it is sound, not what was counted."""
        self._present.pop(site, None)
        conn = self._conn
        if conn is not None and conn.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
            await self.close()


async def _write_rows(conn: Connection, facts: SiteFacts, step: Step) -> tuple[dict[str, int], int]:
    """Late reads that completed history, by reader, and by how many more tags are present."""
    await write_tags(conn, facts, step)
    await write_reads(conn, facts, step)
    late_stored = await write_late(conn, facts, step)
    more_present = await write_positions(conn, facts, step)
    await write_movements(conn, facts, step)
    await write_passages(conn, facts, step)
    await write_events(conn, facts, step)
    await write_health(conn, facts, step, late_stored)
    await write_alerts(conn, facts, step)
    return late_stored, more_present


async def _one(conn: Connection, name: str, params: dict[str, Any]) -> tuple[Any, ...]:
    """The single row of a statement that always gives one."""
    row = await (await conn.execute(QUERIES[name], params)).fetchone()
    assert row is not None, name
    return row
