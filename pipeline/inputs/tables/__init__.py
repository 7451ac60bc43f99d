"""Typed tables: Parquet and Arrow."""
