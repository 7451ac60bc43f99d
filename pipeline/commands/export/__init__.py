"""`python -m pipeline export`: a finished corpus in other formats."""
