"""`tallyport replay` and `calibrate`: recorded reads through the engine, and learning from labelled ones."""

from pathlib import Path
from typing import Annotated

import typer

from core.site_file import load_site
from tallyport.calibrate import calibrate as calibrate_site
from tallyport.commands.console import print_json, speaking
from tallyport.replay import NO_END_US, Beside
from tallyport.replay import replay as replay_reads
from tallyport.score.tables import micros_of


def replay(
    reads: Annotated[
        Path, typer.Argument(help="READS.csv: time,reader,antenna,epc,rssi[,phase,channel].", exists=True)
    ],
    site_file: Annotated[Path, typer.Option("--site", help="The site file that the reads belong to.", exists=True)],
    out_dir: Annotated[Path, typer.Option("--out", help="Where the result files go.")],
    calibration: Annotated[
        Path | None, typer.Option("--calibration", help="What `tallyport calibrate` learned.", exists=True)
    ] = None,
    *,
    words: Annotated[
        Path | None,
        typer.Option("--words", help="WORDS.csv: time,reader,kind[,port,value,epc,text] of the readers.", exists=True),
    ] = None,
    shipments: Annotated[
        Path | None,
        typer.Option("--shipments", help="SHIPMENTS.json: what may leave, and by which door.", exists=True),
    ] = None,
    until: Annotated[
        str, typer.Option("--until", help="Stop there: Unix seconds or ISO 8601; left out, when all is settled.")
    ] = "",
    why: Annotated[str, typer.Option("--why", metavar="EPC", help="Explain where this tag is then: why.json.")] = "",
) -> None:
    """Play recorded reads through the engine, with no server: the same input gives the same bytes."""
    with speaking():
        until_us = micros_of(until) if until else NO_END_US
        beside = Beside(words=words, shipments=shipments, until_us=until_us, why=why)
        summary = replay_reads(reads, load_site(site_file), out_dir, calibration, beside)
    print_json(summary)


def calibrate(
    reads: Annotated[
        Path, typer.Argument(help="READS.csv: time,reader,antenna,epc,rssi[,phase,channel].", exists=True)
    ],
    truth: Annotated[
        Path, typer.Option("--truth", help="TRUTH.csv: where the tags really were, and when.", exists=True)
    ],
    site_file: Annotated[Path, typer.Option("--site", help="The site file that the reads belong to.", exists=True)],
    out: Annotated[Path, typer.Option("--out", help="Where the calibration goes, as JSON.")],
) -> None:
    """Learn from labelled reads, of a walk test or of reference tags, how a site's antennas hear its places."""
    with speaking():
        summary = calibrate_site(reads, truth, load_site(site_file), out)
    print_json(summary)
