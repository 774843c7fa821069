"""`tallyport score`: how right the results of a replay are."""

from pathlib import Path
from typing import Annotated

import typer

from tallyport.commands.console import JsonFlag, print_json, speaking
from tallyport.score.report import score_folder


def score(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="What `tallyport replay` wrote.", exists=True, file_okay=False, show_default=False
        ),
    ],
    truth: Annotated[
        Path,
        typer.Option(
            "--truth", help="TRUTH.csv: epc,from,to,zone[,x,y][,door,verdict,direction].", exists=True, dir_okay=False
        ),
    ],
    *,
    json: JsonFlag = False,  # noqa: ARG001 - the figures are JSON either way; every reading command takes the flag
) -> None:
    """Hold results against the truth and print the figures as JSON."""
    with speaking():
        print_json(score_folder(folder, truth))
