"""What was imaged: movie, cells and the traces that follow from them."""
