"""
`python -m firmware_sim` starts the simulator's command line.
"""

from firmware_sim.cli import app

if __name__ == "__main__":
    app(prog_name="python -m firmware_sim")
