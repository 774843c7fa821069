"""
The question why a tag is where it is, answered from the database: what is said of it live, and what its reads say.

The line's own state is not asked: the same kernels begin anew with what is stored, so that the answer can be taken
away, played again anywhere, and held against what is said live.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from core.engine.calibration import Calibration
from core.engine.why import Explainer
from core.model.step import STATE_NAMES
from core.model.why import History, Why
from core.model.why_json import as_json
from core.site import Site
from core.store import Store
from core.store.calibrations import version_in_use
from core.store.history import load_history
from core.store.registry import load_site
from core.store.views import Row, see_one_moment
from core.store.views_stock import find_tag, list_movements, list_passages, list_positions
from core.taught import fitting_calibration

LATELY = 5
"""How many of the last movements and passages are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    Why a tag is where it is.

    position is what is said live; why rests on history and is None, as that is, where no read is kept any more.
    taught is the number of the calibration that the line goes by, 0 for none.
    """

    site: Site
    taught: int
    position: Row
    movements: list[Row]
    passages: list[Row]
    history: History | None
    calibration: Calibration | None = None
    why: Why | None = None

    @property
    def differs(self) -> str:
        """What the live position says otherwise, and why that may be; empty where they agree."""
        if self.why is None:
            return ""
        live, own = (self.position["zone"], self.position["state"]), (self.why.zone, STATE_NAMES[self.why.state])
        if live == own:
            return ""
        return (
            f"live it is {live[1]} in {live[0] or 'an unknown place'}, and by the reads kept {own[1]} in "
            f"{own[0] or 'an unknown place'}: the explanation begins with the first of {self.why.reads} reads and does "
            "not know what was before, nor all that other tags did beside it"
        )

    def as_json(self) -> dict[str, Any]:
        """Give the answer to a program."""
        return {
            "position": self.position,
            "differs": self.differs,
            "movements": self.movements,
            "passages": self.passages,
            "why": None if self.why is None else as_json(self.why),
        }


class Desk:
    """Where explanations are made. It remembers how the sites are laid out, for as long as their plans stay."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._explainers: dict[str, tuple[int, Explainer]] = {}

    async def ask(self, site_id: str, site_number: int, epc: str) -> Answer | None:
        """Explain a tag; None for one never seen at the site. Raises UnknownSite, StoreUnavailable."""
        known = await _look_up(self._store, site_id, site_number, epc)
        if known is None or known.history is None:
            return known
        explainer = await self._explainer(known.site, known.taught)
        why = await asyncio.to_thread(explainer.explain, known.history, epc)
        return replace(known, why=why, calibration=explainer.calibration)

    async def _explainer(self, site: Site, taught: int) -> Explainer:
        """The site's explainer, made anew when its plan or its calibration is another."""
        version, explainer = self._explainers.get(site.id, (taught, None))
        if explainer is None or version != taught or explainer.site != site:
            calibration = await fitting_calibration(self._store, site, taught)
            explainer = await asyncio.to_thread(Explainer, site, calibration)
            self._explainers[site.id] = (taught, explainer)
        return explainer


async def _look_up(store: Store, site_id: str, site_number: int, epc: str) -> Answer | None:
    """Read all that an answer is made of, as it is at one moment."""
    async with store.transaction() as conn:
        await see_one_moment(conn)
        tag = await find_tag(conn, site_number, epc=epc)
        positions = [] if tag is None else await list_positions(conn, site_number, 1, tag_id=tag["tag_id"])
        if tag is None or not positions:
            return None
        site = await load_site(conn, site_id)
        history = await load_history(conn, site_number, site, tag["tag_id"])
        none = dict.fromkeys(("since", "until", "after_us", "after_tag", "after_seq"))
        movements = await list_movements(
            conn, site_number, LATELY, tag_id=tag["tag_id"], **none, **dict.fromkeys(("kind", "zone", "after_kind"))
        )
        passages = await list_passages(
            conn, site_number, LATELY, epc=epc, **none, **dict.fromkeys(("door", "verdict", "after_door"))
        )
        taught = await version_in_use(conn, site_id)
    return Answer(
        site=site, taught=taught, position=positions[0], movements=movements, passages=passages, history=history
    )
