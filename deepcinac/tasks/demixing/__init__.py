"""Finding cells and taking their light apart: footprints, traces and a movie without noise."""
