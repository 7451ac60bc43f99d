"""`python -m pipeline subset`: a part of a corpus, as a corpus of its own."""
