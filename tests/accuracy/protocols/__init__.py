"""What is asked of every method: data, split, judge; one question a file."""
