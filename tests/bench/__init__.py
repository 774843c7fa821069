"""Figures, measured; nothing here asserts a speed."""
