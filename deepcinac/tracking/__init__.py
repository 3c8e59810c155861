"""Cells that move and vanish: spots, fragments, joined tracks, days, ensembles."""
