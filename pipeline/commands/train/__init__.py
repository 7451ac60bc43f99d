"""`python -m train`: training and measuring a model, from its command line to its page."""
