"""Transfer of a trained model: retrieval, classification, VTAB."""
