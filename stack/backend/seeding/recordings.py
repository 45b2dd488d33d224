"""Recordings: rain and rivers are noise, which no compression makes smaller."""

import io
import random
import wave

RATE = 22050
BYTES_PER_SAMPLE = 2
WAV_HEADER = 44


def recording(rng: random.Random, size: int) -> bytes:
    """A WAV file of `size` bytes (an odd number, or less than its header, is rounded up)."""
    samples = max(0, size - WAV_HEADER + 1) // BYTES_PER_SAMPLE
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(BYTES_PER_SAMPLE)
        sound.setframerate(RATE)
        sound.writeframes(rng.randbytes(samples * BYTES_PER_SAMPLE))
    return out.getvalue()
