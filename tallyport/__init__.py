"""The command: it wires the rooms together, starts what they stand on, and holds no logic of its own."""
