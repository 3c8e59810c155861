"""What was imaged: the movie, its cells, and what follows from the two."""

READER_MODULES = ("movie_array", "movie_folder", "movie_tiff", "movie_hdf5")
"""Modules that read movies of no particular program, in the order in which they are asked."""
