"""Words, and text made of them: some words are much commoner than others, as in any language."""

from __future__ import annotations

import random
from itertools import accumulate

_CONSONANTS = "bcdfglmnprstvz"
_VOWELS = ("a", "e", "i", "o", "u", "en", "ar")
_WORDS = 8000


class Prose:
    """Text of a made-up language; the same seed makes the same text."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        syllables = [consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS]
        self._words = [
            "".join(self.dice.choices(syllables, k=self.dice.randint(2, 4))) for _ in range(_WORDS)
        ]
        self._shares = list(accumulate(1 / (rank + 10) for rank in range(_WORDS)))

    def words(self, count: int) -> list[str]:
        """So many words."""
        return self.dice.choices(self._words, cum_weights=self._shares, k=count)

    def sentence(self, count: int) -> str:
        """So many words, with spaces between."""
        return " ".join(self.words(count))
