"""JSON: JSONL and published caption sets."""
