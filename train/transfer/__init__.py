"""What a trained model is worth elsewhere: classifiers on its image tower, and VTAB's protocol over many sets."""
