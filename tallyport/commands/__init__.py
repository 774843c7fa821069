"""The commands, one file a noun: each reads its words, calls a room, and prints."""
