"""What the views draw with: contrast, decimation, coordinates, pixels. Arrays in, arrays out."""
