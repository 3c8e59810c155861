"""What the animal did, decoded from the activity of cells or regions: a signal, frame by frame."""
