"""Engines of a pass: local workers, Dataflow, Prism, portable clusters. Private Beam APIs are used only here."""
