"""HTML pages to pairs of image URL and alt text."""
