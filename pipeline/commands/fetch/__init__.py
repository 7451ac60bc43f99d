"""`python -m pipeline fetch`: the images that are worth it, politely."""
