"""Chance that repeats itself: the same seed and purpose give the same draws."""

import random


def source(seed: int, purpose: str) -> random.Random:
    """A generator of its own for each purpose, so that changing one part leaves the others alone."""
    return random.Random(f"{seed}/{purpose}")
