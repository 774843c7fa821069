"""Readers' JSON becomes columns here without a Python object a read; what is not known for certain is refused."""
