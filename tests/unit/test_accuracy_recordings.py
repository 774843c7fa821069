"""Recorded data becomes what Tallyport reads, here from small files of the same shapes."""

import gzip
import json
import random
from itertools import pairwise
from pathlib import Path

import pytest

from core.site_file import load_site
from tallyport.replay import replay
from tests.accuracy.__main__ import main
from tests.accuracy.data import NoData, data_folder
from tests.accuracy.recording import Place, Read, Recording, load
from tests.accuracy.recordings import ble, static_tags, store, uci

UCI = """room,trial,t,acc_f,acc_v,acc_l,antenna,rssi,phase,freq,label
S1,one,0.0,0,0,1,1,-60.0,1.0,920.25,1
S1,one,0.5,0,0,1,3,-61.5,1.0,920.25,3
S1,one,2.25,0,0,1,2,-55.0,1.0,920.25,4
S1,one,2.5,0,0,1,2,-55.0,1.0,920.25,2
S2,other,0.0,0,0,1,1,-60.0,1.0,920.25,1
S1,two,0.0,0,0,1,4,-60.0,1.0,920.25,3
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of data sets, which TALLYPORT_DATA names."""
    monkeypatch.setenv("TALLYPORT_DATA", str(tmp_path))
    ble.receivers.cache_clear()
    return tmp_path


def keep(folder: Path, name: str, text: str) -> None:
    """Put a file into a data set, gzipped if its name says so."""
    folder.mkdir(exist_ok=True)
    if name.endswith(".gz"):
        (folder / name).write_bytes(gzip.compress(text.encode()))
    else:
        (folder / name).write_text(text, encoding="utf-8")


def test_data_folder_says_where_it_looked(data: Path) -> None:
    """
    A set that isn't there is an error that names the folder and the variable.
    """
    with pytest.raises(NoData, match=rf"{data}.*TALLYPORT_DATA"):
        data_folder("no-such-set")


def test_command_ends_in_misuse_without_data(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    The command says what is missing on stderr, and ends with 2.
    """
    assert not list(data.iterdir())
    assert 2 == main(["--only", "misses"])
    assert "TALLYPORT_DATA" in capsys.readouterr().err


def test_uci_trials_are_tags_one_after_another(data: Path) -> None:
    """
    Only room S1 is taken; each trial is a tag, and the second begins two minutes after the first one's end.
    """
    keep(data / uci.FOLDER, "reads.csv.gz", UCI)

    one, two = uci.trials()

    assert ["bed", "bed", "not-bed", "not-bed"] == list(one.zones)
    assert one.reads[0].epc != two.reads[0].epc
    assert uci.START_S + 122.0 == two.reads[0].at_s
    assert [("bed", 0.0, 2.25), ("not-bed", 2.25, 2.5)] == [
        (place.zone, place.from_s - uci.START_S, place.to_s - uci.START_S) for place in one.truth()
    ]
    assert [(1.0, "bed"), (3.0, "not-bed")] == [(mark.at_s - uci.START_S, mark.zone) for mark in one.marks()]


def small_hall(data: Path) -> None:
    """One receiver, one surveyed point, one track."""
    folder = data / ble.FOLDER
    keep(folder, "tetam.dev", 'Dongles:{"aa": [[7.0, 7.0, 1.2], 1, "sensor10"] }\nBeacons:{}\n')
    survey = "set,px,py,pz,sensor,rssi,count,duration_s\nset_1,12.0,3.0,1.8,aa,-70,3600,1800\n"
    keep(folder, "fingerprint_histograms.csv.gz", survey)
    keep(
        folder,
        "tracks.csv.gz",
        "track,t,sensor,rssi,x,y,z\nwalk,5.5,aa,-72,11.0,4.0,1.8\nwalk,5.0,aa,-71,1.0,4.0,1.8\n",
    )


def test_ble_walk_test_draws_at_the_real_rate(data: Path) -> None:
    """
    Two packets a second for a minute are about 120, all of them at the level that was seen, in the point's square.
    """
    small_hall(data)

    test = ble.walk_test()

    assert 90 < len(test.reads) < 150
    assert {-70.0} == {read.rssi_dbm for read in test.reads}
    assert [("square-2-0", 12.0, 3.0)] == [(place.zone, place.x, place.y) for place in test.truth]
    assert test.reads == ble.walk_test().reads


def test_ble_tracks_are_put_in_order(data: Path) -> None:
    """
    A track's packets come in order of time, each with its place.
    """
    small_hall(data)

    track = ble.tracks()["walk"]

    assert [-71.0, -72.0] == [read.rssi_dbm for read in track.reads]
    assert ["square-0-0", "square-2-0"] == [place.zone for place in track.truth]
    assert 2 == len(track.spots())


def small_store(data: Path) -> None:
    """Six tags, four counts; tag 5 is missed in the second, and 9 is a stray."""
    folder = data / store.FOLDER
    keep(folder, "panels_epc_mapping.csv", ",epc,panel\n" + "".join(f"{n},{n},1\n" for n in range(6)))
    head = ",milliseconds,epc,rssi,session,experiment_nr\n"
    counts = [range(6), range(5), range(6), range(6)]
    lines = [f"0,0,{tag},-60,S0,{number + 1}\n" for number, count in enumerate(counts) for tag in (*count, 9)]
    keep(folder, "case_study_read_events.csv", head + "".join(lines))


def test_store_leaves_strays_out(data: Path) -> None:
    """
    A count holds the mapped tags that were read in it.
    """
    small_store(data)

    assert [6, 5, 6, 6] == [len(count) for count in store.counted().counts]


def test_robbed_store_misses_from_a_count_on(data: Path) -> None:
    """
    A tag that was taken is in every count before, as it was, and in none after.
    """
    small_store(data)
    full = store.counted()

    theft = store.robbed(full, 2, seed=1)

    assert 2 == len(theft.gone_from)
    for number, (before, after) in enumerate(zip(full.counts, theft.store.counts, strict=True)):
        left = before.keys() - {tag for tag, gone in theft.gone_from.items() if gone <= number}
        assert {tag: before[tag] for tag in left} == after


def test_crowd_is_what_was_measured() -> None:
    """
    The drawn crowd has the measured median gap, and is read in as many epochs.
    """
    streams = static_tags.crowd()
    gaps = sorted(later.at_s - sooner.at_s for stream in streams.values() for sooner, later in pairwise(stream))

    assert 1.38 == pytest.approx(gaps[len(gaps) // 2], abs=0.03)
    assert 0.915 == pytest.approx(static_tags.read_rate(streams, 1.0), abs=0.015)


def test_taken_away_leaves_no_read_after_the_cut() -> None:
    """
    After a tag's cut there is none of its reads, but the keeper goes on.
    """
    streams = {"AA": [Read(static_tags.START_S + at, "shelf-1", 1, "AA", -60.0) for at in range(100)]}

    taken = static_tags.taken_away(streams, 1.0, {})

    (place,) = taken.truth
    assert place.to_s > max(read.at_s for read in taken.reads if read.epc == "AA")
    assert static_tags.KEEPER == taken.reads[-1].epc
    assert taken.reads[-1].at_s > place.to_s + 100


def test_share_for_finds_the_wanted_rate() -> None:
    """
    Thinned by the share that is found, a stream has reads in the wanted part of its epochs; there is none above 1.
    """
    chance = random.Random(1)
    streams = {"AA": [Read(at * 0.3 + chance.random() * 0.1, "r", 1, "AA", -60.0) for at in range(1_000)]}

    assert 0.5 == pytest.approx(static_tags.read_rate(streams, static_tags.share_for(streams, 0.5)), abs=0.001)
    assert 1.0 == static_tags.share_for(streams, 1.0)


def test_recording_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """
    What is written is what Tallyport replays, and what is read back.
    """
    reads = [Read(1_700_000_000.25 + at, "shelf-1", 1, "AB", -60.5, "12.0", "865.7") for at in range(3)]
    truth = [Place("AB", 1_700_000_000.0, 1_700_000_003.0, "shelf", 1.5, 2.0, "door", "through", "in")]
    kept = Recording(site=static_tags.site(), reads=reads, truth=truth)

    kept.write(tmp_path)

    assert kept == load(tmp_path)
    assert 3 == replay(tmp_path / "reads.csv", load_site(tmp_path / "site.toml"), tmp_path / "out")["reads"]
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["tags"] == 1
