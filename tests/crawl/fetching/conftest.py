"""Fixtures of the tests that fetch from servers of this machine."""

from tests.support.fetch_fixtures import quick, servers

__all__ = ["quick", "servers"]
