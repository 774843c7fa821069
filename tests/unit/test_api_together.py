"""What many ask for at once is found once."""

import asyncio

import pytest

from api.together import Together


async def test_all_who_ask_at_once_get_one_answer() -> None:
    """
    A hundred who ask while it is being found get the same answer; who asks later gets a fresh one.
    """
    found: list[str] = []

    async def find(key: str) -> int:
        found.append(key)
        await asyncio.sleep(0.01)
        return len(found)

    together = Together(find)

    assert [1] * 100 == await asyncio.gather(*(together.ask("a") for _ in range(100)))
    assert 2 == await together.ask("a")


async def test_keys_are_found_apart() -> None:
    """
    Different questions have different answers.
    """

    async def find(key: int) -> int:
        await asyncio.sleep(0)
        return key * key

    together = Together(find)

    assert [1, 4, 9] == await asyncio.gather(*(together.ask(key) for key in (1, 2, 3)))


async def test_failure_is_told_to_all_and_forgotten() -> None:
    """
    Everyone who asked hears of it, and the next one tries again.
    """
    tries = 0

    async def find(_key: str) -> str:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0)
        if tries == 1:
            raise OSError("away")
        return "back"

    together = Together(find)
    heard = await asyncio.gather(*(together.ask("a") for _ in range(3)), return_exceptions=True)

    assert ["away"] * 3 == [str(each) for each in heard]
    assert "back" == await together.ask("a")


async def test_who_is_cancelled_takes_the_answer_from_nobody() -> None:
    """
    The first to ask may go; the others still get what is being found.
    """

    async def find(_key: str) -> str:
        await asyncio.sleep(0.02)
        return "there"

    together = Together(find)
    first, second = (asyncio.create_task(together.ask("a")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()

    assert "there" == await second
    with pytest.raises(asyncio.CancelledError):
        await first
