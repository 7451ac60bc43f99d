"""Looking into an index: queries, results and their page."""
