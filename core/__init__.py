"""What the warehouse knows and decides; the room every other room may look into."""
