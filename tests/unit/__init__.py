"""One unit at a time, without a server."""
