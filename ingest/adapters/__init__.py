"""The vendors' words, one file a vendor; each makes the same columns of them."""
