"""Colours, fonts and small widgets that every other room uses."""
