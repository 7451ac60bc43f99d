"""A small crawl of generated pictures and captions, with which a fresh clone runs and trains without a network."""
