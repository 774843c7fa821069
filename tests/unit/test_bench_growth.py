"""How a cost grows: the exponent of a curve, its picture, and the measurements in a tiny setting."""

import pytest

from tallyport.bench import curve
from tallyport.bench.curve import Curve, NoPlotter, draw
from tallyport.bench.growth import Hall, Turns, measured, measured_together


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_exponent_is_the_power_of_the_size(power: float) -> None:
    """
    What costs three times a power of the size has that power for its exponent.
    """
    sizes = (10, 1_000, 50_000)
    grown = Curve(name="x", against="tags", unit="ms", sizes=sizes, costs=[3.0 * size**power for size in sizes])
    assert grown.exponent == pytest.approx(power, abs=1e-9)
    assert grown.as_json()["exponent"] == power


def test_turns_read_every_tag_and_mostly_repeat() -> None:
    """
    Once around, each tag is known to the engine; and a step has a time, and tables a size.
    """
    us_a_read, megabytes = measured(Hall(tags=500, zones=10, batch=100), 1_000)
    assert us_a_read > 0.0
    assert megabytes > 0.0


def test_sites_share_tags_and_reads() -> None:
    """
    Many sites together take as many reads as one does.
    """
    assert measured_together(4, 4_000) > 0.0


def test_turns_come_by_every_antenna() -> None:
    """
    Where a zone has several antennas, each of them is some tag's.
    """
    hall = Hall(tags=80, zones=4, antennas=3, batch=64)
    points = {point for batch, _ in Turns(hall, hall.site()).next(640) for point in batch.reads.read_point.tolist()}
    assert len(points) == 12


def test_turns_arrive_in_order_whatever_the_size() -> None:
    """
    Reads come in order of time, so that none is late, and batches are as large as they should be.
    """
    hall = Hall(tags=50, zones=4, batch=64)
    batches = Turns(hall, hall.site()).next(640)
    times = [at for batch, _ in batches for at in batch.reads.seen_us.tolist()]
    assert [len(batch.reads) for batch, _ in batches] == [64] * 10
    assert sorted(times) == times


def test_drawing_without_its_library_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """
    The library that draws is for who measures; where it is not installed, nothing is written.
    """
    monkeypatch.setattr(curve, "find_spec", lambda _: None)
    file = tmp_path_factory.mktemp("drawn") / "growth.svg"
    with pytest.raises(NoPlotter, match="make bench"):
        draw([Curve(name="x", against="tags", unit="ms", sizes=(1, 2), costs=(1.0, 2.0))], file)
    assert not file.exists()
