import sys

from bench.cli import BENCH

sys.exit(BENCH.call(sys.argv[1:]))
