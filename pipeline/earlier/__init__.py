"""Counts of an earlier run (`--counts=RUN`), for a second run over the images that were fetched after it.

The counts of the paper's rules are over the raw corpus. `run` reads the earlier run, `table` finds its pairs by key,
`take` is the pass that gives each pair its numbers, and `judged` holds the rules that the earlier run has judged.
"""
