"""A whole warehouse on one machine: services, ingest, api and simulated readers."""
