"""Speed and memory against named yardsticks, as ratios within one run: `python -m bench --help`."""
