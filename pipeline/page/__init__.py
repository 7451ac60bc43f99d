"""Building blocks of every HTML page."""
