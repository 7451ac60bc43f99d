"""Evidence that size, rules and decontamination matter: models trained on drawings and emoji of public packages."""
