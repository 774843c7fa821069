"""
The line and the web service as processes of ours, each with the settings that it needs in its environment.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGTERM
from typing import Final

from tallyport.services.process import Child, Launch

READY_S_MAX: Final = 600.0
"""
How long a service may take until it is ready, as long as it lives: the first start compiles the engine's kernels, which
keeps one core busy for a minute and a half, and a busy machine for several.
"""


@asynccontextmanager
async def running_module(
    name: str,
    module: Sequence[str],
    environment: Mapping[str, str],
    log_dir: Path,
    ready: Callable[[], bool] = lambda: True,
) -> AsyncIterator[Child]:
    """Run `python -m module...` until we leave; come in once it is ready. Raises ServiceFailed if it never is."""
    child = Child(
        Launch(
            name=name,
            command=[sys.executable, "-m", *module],
            port=0,
            log=log_dir / f"{name}.log",
            stop_signal=SIGTERM,
            environment=environment,
        )
    )
    child.start()
    try:
        await asyncio.to_thread(child.wait_ready, ready, READY_S_MAX)
        yield child
    finally:
        await asyncio.to_thread(child.stop)
