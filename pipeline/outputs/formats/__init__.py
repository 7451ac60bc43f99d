"""The formats of a corpus: each takes images with their pairs, and writes a shard."""
