"""Imported before Beam, this hides the line by which Beam's import warns that the Google extras aren't installed."""

import logging

logging.getLogger().addFilter(lambda record: "apitools" not in record.getMessage())
