"""How right the engine is, beside what others would say of the same reads: `python -m tests.accuracy`."""
