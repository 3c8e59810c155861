"""The parts of the window while a session is open, and how they are arranged."""
