"""`report.html`: one page that shows a finished run to a person, without scripts and without the network."""

from pipeline.report.page import write_report

__all__ = ["write_report"]
