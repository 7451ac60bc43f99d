"""What users read of a corpus: records, verdicts, manifest."""
