"""Training a model, and the page of it."""
