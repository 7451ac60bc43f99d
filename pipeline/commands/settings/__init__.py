"""`python -m pipeline settings`."""
