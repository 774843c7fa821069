"""
`python -m tallyport.migrate`: brings the database to this version's schema, once, before the services start.
"""

import asyncio
import sys

from core.errors import TallyportError
from core.settings import Settings
from core.store import migrate


def main() -> int:
    """Apply what is missing and name it; 1 says that a person has to put something right."""
    url = Settings().database_url
    if url is None:
        sys.stderr.write("set TALLYPORT_DATABASE_URL to the database that shall be migrated\n")
        return 1
    try:
        applied = asyncio.run(migrate(url))
    except TallyportError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    sys.stdout.write(f"applied {', '.join(applied)}\n" if applied else "the schema is up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
