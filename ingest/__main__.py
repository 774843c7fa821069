"""`python -m ingest`: the ingest service alone, told everything by the environment."""

import asyncio
import contextlib
import logging
import signal
import sys

from core.errors import TallyportError
from core.settings import Settings
from ingest.service import run_ingest


async def _main(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    ready = asyncio.Event()
    service = asyncio.create_task(run_ingest(settings, ready=ready), name="ingest")
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, service.cancel)
    waiting = asyncio.create_task(ready.wait(), name="ingest.ready")
    await asyncio.wait({service, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if ready.is_set():
        sys.stdout.write("ingest is ready\n")
        sys.stdout.flush()
    with contextlib.suppress(asyncio.CancelledError):
        await service


def main() -> int:
    """Run the service; 1 says that something was wrong that a person can put right."""
    settings = Settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(_main(settings))
    except (TallyportError, ExceptionGroup) as exc:
        ours = _said(exc)
        if not ours:
            raise
        sys.stderr.write("\n".join(ours) + "\n")
        return 1
    return 0


def _said(exc: Exception) -> list[str]:
    """What our own errors say; nothing where it is not ours, for that is a bug and must show itself."""
    if isinstance(exc, ExceptionGroup):
        return [line for part in exc.exceptions for line in _said(part)]
    return [str(exc)] if isinstance(exc, TallyportError) else []


if __name__ == "__main__":
    sys.exit(main())
