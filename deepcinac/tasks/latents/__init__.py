"""Activity between and beyond the samples: what a population's own dynamics say of its cells."""
