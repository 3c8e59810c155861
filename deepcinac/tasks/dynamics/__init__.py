"""What kind of network this is: classes of recordings told from their rasters."""
