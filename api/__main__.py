"""`python -m api`: the web service alone, told by the environment."""

import asyncio
import contextlib
import logging

from api.service import run_api
from core.settings import Settings


def main() -> None:
    """Run until interrupted."""
    settings = Settings()
    logging.basicConfig(level=settings.log_level)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run_api(settings))


if __name__ == "__main__":
    main()
