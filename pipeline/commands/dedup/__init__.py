"""`python -m dedup`: indexes of evaluation sets, who matches whom in any two sets, and copies inside a corpus."""
