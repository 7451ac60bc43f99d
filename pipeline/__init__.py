"""The pipeline: everything that uses Beam and files. Start reading at `run.py`."""

__version__ = "0.1.0"
