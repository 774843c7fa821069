"""The proof: laws, units, real servers, a real browser."""
