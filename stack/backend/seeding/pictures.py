"""Pictures painted by chance: hills under a sky, in the light of some hour, with a film's grain."""

import colorsys
import io
import math
import random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]

# Sky above, sky at the horizon, the nearest hill.
LIGHTS: list[tuple[Colour, Colour, Colour]] = [
    ((46, 64, 118), (250, 186, 142), (28, 30, 52)),
    ((92, 148, 206), (226, 238, 240), (34, 74, 56)),
    ((24, 28, 66), (206, 92, 110), (16, 14, 34)),
    ((126, 168, 190), (244, 232, 208), (70, 84, 62)),
    ((64, 104, 122), (214, 222, 202), (26, 52, 50)),
    ((150, 172, 196), (248, 244, 240), (86, 100, 122)),
    ((30, 52, 92), (132, 170, 178), (12, 26, 44)),
    ((214, 140, 92), (252, 222, 160), (84, 48, 40)),
]
GRAIN = 0.11


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    return tuple(round(a + (b - a) * share) for a, b in zip(one, other, strict=True))


def _sky(size: tuple[int, int], above: Colour, horizon: Colour) -> Image.Image:
    depth = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, horizon), Image.new("RGB", size, above), depth)


def _sun(rng: random.Random, picture: Image.Image) -> Image.Image:
    width, height = picture.size
    x, y = rng.uniform(0.15, 0.85) * width, rng.uniform(0.15, 0.5) * height
    radius = rng.uniform(0.02, 0.06) * width
    # The glow is soft, so a small one enlarged looks the same and costs little.
    small = Image.new("L", (width // 8, height // 8))
    draw = ImageDraw.Draw(small)
    draw.circle((x / 8, y / 8), radius * 2.2 / 8, fill=110)
    glow = small.filter(ImageFilter.GaussianBlur(radius / 6)).resize(picture.size)
    ImageDraw.Draw(glow).circle((x, y), radius, fill=225)
    return Image.composite(Image.new("RGB", picture.size, (255, 246, 224)), picture, glow)


def _ridge(rng: random.Random, size: tuple[int, int], level: float, rough: float) -> list:
    width, height = size
    waves = [(rng.uniform(0.6, 1) / n, n * rng.uniform(0.8, 1.6), rng.uniform(0, 7)) for n in (1, 2, 5, 11)]
    points = []
    for step in range(161):
        at = step / 160
        rise = sum(part * math.sin(often * at * 6.28 + shift) for part, often, shift in waves)
        points.append((at * width, (level - rise * rough) * height))
    return points


def _hills(rng: random.Random, picture: Image.Image, far: Colour, near: Colour) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    ridges = rng.randrange(3, 6)
    for number in range(ridges):
        share = (number + 1) / ridges
        line = _ridge(rng, picture.size, 0.45 + 0.42 * share, 0.09 - 0.04 * share)
        colour = _mix(far, near, 0.25 + 0.75 * share)
        draw.polygon([*line, (width, height), (0, height)], fill=colour)
        if number == ridges - 1:
            _trees(rng, draw, line, height, colour)


def _trees(rng: random.Random, draw: ImageDraw.ImageDraw, line: list, height: int, colour: Colour) -> None:
    for x, y in rng.sample(line, rng.randrange(0, 70)):
        tall = rng.uniform(0.03, 0.1) * height
        draw.polygon([(x - tall / 5, y + 4), (x, y - tall), (x + tall / 5, y + 4)], fill=colour)


def _birds(rng: random.Random, picture: Image.Image) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    middle_x, middle_y = rng.uniform(0.2, 0.8) * width, rng.uniform(0.12, 0.4) * height
    for _ in range(rng.randrange(0, 14)):
        x, y = rng.gauss(middle_x, width * 0.08), rng.gauss(middle_y, height * 0.05)
        span = rng.uniform(0.006, 0.014) * width
        pen = max(1, width // 700)
        draw.arc((x - span, y, x, y + span), 200, 350, fill=(30, 30, 40), width=pen)
        draw.arc((x, y, x + span, y + span), 190, 340, fill=(30, 30, 40), width=pen)


def _with_grain(rng: random.Random, picture: Image.Image) -> Image.Image:
    width, height = picture.size
    noise = Image.frombytes("L", picture.size, rng.randbytes(width * height))
    return Image.blend(picture, Image.merge("RGB", (noise, noise, noise)), GRAIN)


def landscape(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    """A landscape of its own for every state of `rng`."""
    above, horizon, near = rng.choice(LIGHTS)
    picture = _sun(rng, _sky(size, above, horizon))
    _hills(rng, picture, horizon, near)
    _birds(rng, picture)
    return _with_grain(rng, picture)


def avatar(rng: random.Random, initials: str) -> bytes:
    """A PNG of 96 by 96: two letters on a colour."""
    hue = rng.random()
    ends = [
        tuple(round(255 * part) for part in colorsys.hls_to_rgb(hue + turn, light, 0.5))
        for turn, light in ((0, 0.62), (0.09, 0.38))
    ]
    picture = _sky((96, 96), ends[0], ends[1])
    font = ImageFont.load_default(38)
    ImageDraw.Draw(picture).text((48, 48), initials, font=font, anchor="mm", fill="white")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
