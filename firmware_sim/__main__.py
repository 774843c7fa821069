"""
`python -m firmware_sim` starts the simulator's command line.
"""

import sys

from firmware_sim.cli import main

if __name__ == "__main__":
    sys.exit(main())
