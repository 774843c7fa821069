"""The whole product, started as a person would start it."""
