"""`python -m vocab`: the wordpiece vocabulary of a corpus, or of any texts, with words counted in Beam."""
