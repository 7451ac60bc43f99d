"""A small crawl of generated pictures and captions, on which a fresh clone runs and trains without a network."""
