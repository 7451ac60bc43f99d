"""Pages as inputs: .warc, .wat and .html, read by the package `crawl`."""
