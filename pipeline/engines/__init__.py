"""Engines that execute a pass: local workers, Dataflow, Prism, portable clusters. Private Beam APIs are used here alone."""
