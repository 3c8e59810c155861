"""What several test files use: on the path of pytest (``pythonpath`` in ``pyproject.toml``)."""
