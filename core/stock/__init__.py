"""What the stock is, and what it should be."""
