"""What a trained model learns beyond its training: retrieval, classes, VTAB."""
