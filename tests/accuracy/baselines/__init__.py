"""What others would decide of the same reads, each in a file of its own, each from its published rule."""
