"""The pipeline: everything that knows Beam and files. Start reading at `run.py`."""

__version__ = "0.2.0"
