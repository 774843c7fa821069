"""`python -m tests.faults [ID...]`: break things on purpose and print one JSON line a run."""

import argparse
import itertools
import json
import sys
import time
import traceback
from pathlib import Path

from tests.faults.judge import Verdict
from tests.faults.matrix import MATRIX
from tests.faults.report import summary, table
from tests.faults.runs import run
from tests.faults.stage import Fault, House, house_of


def main() -> int:
    """Run; 1 where a run was not passed."""
    told = _told()
    seeds = range(told.seed, told.seed + told.seeds)
    runs: list[tuple[Fault, Verdict]] = []
    with house_of(keep=told.keep) as house:
        for fault, seed in itertools.product(_chosen(told.id), seeds):
            runs.append((fault, _tried(fault, seed, house)))
            if told.table:
                told.table.write_text(table(runs))
    sys.stderr.write(summary([verdict for _, verdict in runs]))
    return 1 if any(verdict.wrong() for _, verdict in runs) else 0


def _tried(fault: Fault, seed: int, house: House) -> Verdict:
    began_s = time.monotonic()
    try:
        verdict = run(fault, seed, house)
    except Exception as exc:  # noqa: BLE001 - a run that broke down is one that was not passed
        traceback.print_exc()
        verdict = Verdict(id=fault.id, cls=fault.cls, seed=seed, broker=fault.broker, broken=[repr(exc)])
    sys.stdout.write(json.dumps(verdict.line()) + "\n")
    sys.stdout.flush()
    said = "; ".join(verdict.wrong()) or "passed"
    sys.stderr.write(f"{fault.id} {fault.title}: {said} ({time.monotonic() - began_s:.0f} s)\n")
    return verdict


def _told() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("id", nargs="*", help="faults to try, such as F01; all where none is named")
    parser.add_argument("--seeds", type=int, default=1, help="how often each is run, with another seed each time")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--table", type=Path, help="also write the table of docs/reliability.md to this file")
    parser.add_argument("--keep", action="store_true", help="leave the servers' files and all logs")
    return parser.parse_args()


def _chosen(ids: list[str]) -> list[Fault]:
    unknown = set(ids) - {fault.id for fault in MATRIX}
    if unknown:
        sys.exit(f"no fault {', '.join(sorted(unknown))}: there are {', '.join(fault.id for fault in MATRIX)}")
    return [fault for fault in MATRIX if not ids or fault.id in ids]


if __name__ == "__main__":
    sys.exit(main())
