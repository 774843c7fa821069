"""How fast each stage is, beside its peers and its limit in the same run."""
