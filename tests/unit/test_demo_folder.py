"""A demo begins anew, and does not pull the rug from under another."""

from pathlib import Path

import pytest

from core.settings import Settings
from tallyport.demo.play import demo_settings, emptied
from tallyport.services import ServiceFailed


def test_emptied_clears_what_a_demo_left_and_nothing_else(tmp_path: Path) -> None:
    """
    What lies beside the demo's own folder is not the demo's.
    """
    settings = demo_settings(Settings(data_dir=tmp_path))
    (tmp_path / "postgres").mkdir()
    (settings.data_dir / "postgres").mkdir(parents=True)
    with emptied(settings):
        left = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())

    assert ["postgres"] == left


def test_emptied_while_a_demo_runs_is_refused(tmp_path: Path) -> None:
    """
    The second demo is told that the first one runs, and touches nothing.
    """
    settings = demo_settings(Settings(data_dir=tmp_path))
    with emptied(settings):
        (settings.data_dir / "postgres").mkdir(parents=True)
        with pytest.raises(ServiceFailed, match="a demo already runs"), emptied(settings):
            pass

        assert (settings.data_dir / "postgres").exists()
