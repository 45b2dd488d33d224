"""A plugin with nothing in it."""
