"""The evidence about a tag as a recording: what is saved plays again to the same answer, to the byte."""

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.engine.why import Explainer
from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.site_file import load_site
from tallyport.cli import app
from tallyport.evidence import save_evidence
from tallyport.score import BadTable
from tallyport.words import read_words, write_words
from tests.streams import START_US, small_site
from tests.unit.test_why import EPC, Reads, history, inside, walk_out

SITE = small_site()


@pytest.mark.parametrize(
    ("reads", "until_s"), [(walk_out(), 30), (walk_out(), 15.0625), (inside(), 24), (inside(), 60)]
)
def test_saved_evidence_replays_to_the_same_answer(tmp_path: Path, reads: Reads, until_s: float) -> None:
    """
    The command that saving names makes the same why.json; the last zone it publishes, and how sure, are the answer's.
    """
    told = history([read for read in reads if read[0] <= until_s], until_s=until_s)
    command = shlex.split(save_evidence(tmp_path / "it", Explainer(SITE), told, EPC))
    result = CliRunner().invoke(app, command[1:])
    answer = Explainer(SITE).explain(told, EPC)
    said = json.loads((tmp_path / "it/why.json").read_text())

    assert (command[0], result.exit_code) == ("tallyport", 0)
    assert (tmp_path / "it/why.json").read_bytes() == (tmp_path / "it/again/why.json").read_bytes()
    assert answer is not None
    assert (said["zone"], said["reads"]) == (answer.zone, answer.reads)
    assert load_site(tmp_path / "it/site.toml") == SITE
    last = (tmp_path / "it/again/zones.csv").read_text().splitlines()[-1].split(",")
    assert last[2] == ("" if answer.state else answer.zone)


def test_replay_refuses_to_explain_a_tag_that_it_has_not(tmp_path: Path) -> None:
    """
    An EPC that is not in the recording is misuse, and the message says what to do.
    """
    command = shlex.split(save_evidence(tmp_path / "it", Explainer(SITE), history(inside(), until_s=20), EPC))
    result = CliRunner().invoke(app, [*command[1:-3], "ABCD", *command[-2:]])

    assert result.exit_code == 2
    assert "ABCD is not in this recording" in result.output


def test_words_survive_their_file(tmp_path: Path) -> None:
    """
    What readers said reads back as it was written.
    """
    words = [
        ReaderEvent(seen_us=START_US, arrived_us=START_US, reader="east", kind=ReaderEventKind.GPI, port=2, value=1.0),
        ReaderEvent(
            seen_us=START_US + 1, arrived_us=START_US + 1, reader="west", kind=ReaderEventKind.ERROR, text="a,b"
        ),
    ]
    write_words(tmp_path / "words.csv", words)

    assert words == read_words(tmp_path / "words.csv", SITE)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1000,north,heartbeat", "words.csv:2: reader 'north' is not in the site file"),
        ("1000,east,hello", "words.csv:2: kind 'hello' is not known: write heartbeat or online"),
        ("noon,east,heartbeat", "words.csv:2: 'noon' is no time"),
    ],
)
def test_bad_words_are_refused(tmp_path: Path, line: str, expected: str) -> None:
    """
    A reader that is none, a word that nobody knows, a time that is none: each with its line and what to write.
    """
    (tmp_path / "words.csv").write_text(f"time,reader,kind\n{line}\n")
    with pytest.raises(BadTable, match=expected):
        read_words(tmp_path / "words.csv", SITE)
