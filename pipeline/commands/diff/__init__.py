"""`python -m pipeline diff`: pairs that a change of settings, version or input gained and lost."""
