"""What happens to every read that a broker acknowledged when something breaks: faults, and an oracle that counts."""
