"""The commands, each in a folder of the name that one types."""
