"""Long work in processes of its own, and what those processes do."""
