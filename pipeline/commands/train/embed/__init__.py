"""An index of pictures by what a trained model makes of them."""
