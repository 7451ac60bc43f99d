"""Transfer of a trained model: classifiers on its image tower, and VTAB's protocol over many sets."""
