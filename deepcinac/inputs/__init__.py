"""What a network sees of a recording: resampled, normalised, demixed and cropped around each cell."""
