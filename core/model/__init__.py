"""The values that travel between the rooms, one file a noun."""
