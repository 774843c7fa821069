"""The measurements of a large warehouse, in a tiny setting: nothing here asserts a speed."""

from tallyport.bench.engine import bursts_figure, uniform_figure


def test_bursts_are_mostly_repeats_and_the_bytes_of_a_tag_are_told() -> None:
    """
    Nineteen reads of twenty are repeats, and the figure stands beside its limit, its peer and what a tag takes.
    """
    figure = bursts_figure(tags=2_000, reads=20_000)
    assert 0.92 <= figure.setting["repeats"] <= 0.96
    assert {"tags", "epcs", "slots", "repeats"} == set(figure.setting["bytes_a_tag"])
    assert 0 < figure.ours
    assert 0 < (figure.limit or 0)


def test_uniform_reads_stand_beside_a_table_of_the_same_size() -> None:
    """
    Any tag may be next, and the limit is a loop that touches the same rows.
    """
    figure = uniform_figure(tags=2_000, reads=20_000)
    assert 0 < figure.ours
    assert 0 < (figure.limit or 0)
