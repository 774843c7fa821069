"""MQTT bytes in, committed steps out: the only room that knows the vendors' formats."""
