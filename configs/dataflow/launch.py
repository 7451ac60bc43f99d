"""Entry point of the flex template's launcher; see `pipeline/engines/flex_template.py`."""

import sys

from pipeline.engines.flex_template import launch

launch(sys.argv[1:])
