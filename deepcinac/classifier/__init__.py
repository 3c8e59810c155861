"""The network that tells when a cell is active: its input, training and prediction."""
