"""What is measured of a pair: a signal each."""
