"""Files that passes leave for each other in `work/`, and the lock on who may write there."""
