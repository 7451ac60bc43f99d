"""The dataset card and the Croissant metadata of a finished corpus."""
