"""The one place that holds the version; everything the program writes carries it."""

__version__ = "2.0.0.dev0"
