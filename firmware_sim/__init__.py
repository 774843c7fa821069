"""
The other side of the wire: a seeded warehouse that knows the truth, a radio model, and readers' firmwares.
"""
