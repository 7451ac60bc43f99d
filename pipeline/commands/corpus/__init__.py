"""`python -m pipeline`."""
