"""The web as a source of pairs: pages to rows, and URLs to images. Knows neither Beam nor `pipeline`."""
