"""Who executes a pass: local workers, Dataflow, Prism, portable clusters. Every private Beam API is named here."""
