"""Statistics by the origin of pairs: counted shard by shard in bounded tables, and merged at the end of a run."""
