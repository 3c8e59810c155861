"""Recordings whose activity is known, to train and to test with."""
