"""URLs to pictures: one loop a process asks for all URLs of a shard, and each URL ends with exactly one status."""
