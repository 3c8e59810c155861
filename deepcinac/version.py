"""The one place that holds the version; everything the program writes carries it."""

__version__ = "2.0.0"

PROJECT_URL = ""
"""Where the project lives on the web; empty until it has an address. Pages, notebooks and badges link only
where it is set."""
