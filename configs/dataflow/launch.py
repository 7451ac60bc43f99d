"""What the flex template's launcher runs; see `pipeline/launch.py`."""

import sys

from pipeline.launch import launch

launch(sys.argv[1:])
