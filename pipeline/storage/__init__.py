"""What passes leave for each other in `work/`, and who may write there."""
