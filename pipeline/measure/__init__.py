"""Measurement of the signals of a pair."""
