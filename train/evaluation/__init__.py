"""Evaluation sets, their kinds, and the numbers that papers published for them."""
