"""Rooms against real servers: TimescaleDB, plain PostgreSQL, nats-server, mosquitto."""
