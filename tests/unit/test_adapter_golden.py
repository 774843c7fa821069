"""What readers send, decoded."""

import pytest

from ingest.adapters import ADAPTERS, BadMessage
from tests import golden


@pytest.mark.parametrize("name", golden.names())
def test_decode_golden(name: str) -> None:
    """
    What a reader sends becomes what was written down for it, or the dead letter that was.
    """
    case = golden.load(name)
    decode = ADAPTERS[case.message.reader.format]
    if case.expect is not None:
        assert golden.plain(decode(case.message)) == case.expect
        return
    with pytest.raises(BadMessage) as raised:
        decode(case.message)
    assert str(raised.value) == case.bad


@pytest.mark.parametrize("name", [n for n in golden.names() if golden.load(n).expect is not None])
def test_decode_is_the_same_twice(name: str) -> None:
    """
    An adapter keeps nothing from one message to the next.
    """
    case = golden.load(name)
    decode = ADAPTERS[case.message.reader.format]
    assert golden.plain(decode(case.message)) == golden.plain(decode(case.message))
