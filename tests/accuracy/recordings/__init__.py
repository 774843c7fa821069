"""Real and simulated recordings, as what Tallyport reads: a site, reads in time order, and the truth."""
