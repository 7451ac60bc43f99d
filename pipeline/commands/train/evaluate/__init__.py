"""Measuring a trained model: records and evaluation sets, as a table, JSON and a page."""
