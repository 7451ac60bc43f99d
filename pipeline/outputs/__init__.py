"""Files of a corpus for users: records, verdicts, manifest."""
