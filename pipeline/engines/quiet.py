"""Hides Beam's warning that the Google extras aren't installed, if imported before Beam."""

import logging

logging.getLogger().addFilter(lambda record: "apitools" not in record.getMessage())
