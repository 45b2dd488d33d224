"""Members with profiles; everybody can sign in."""

import datetime as dt
import unicodedata
from itertools import product

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from fieldnotes.models import Place
from people.models import Profile
from seeding.pictures import avatar
from seeding.randomness import source
from seeding.vocabulary import BIOS, FIRST_NAMES, LAST_NAMES

DEMO = "demo"
MEMBERS_PASSWORD = "fieldnotes"  # noqa: S105 - printed by the command, for a sample only
FOUNDED = dt.datetime(2021, 3, 20, tzinfo=dt.UTC)
DAYS_OPEN = 1670
WITH_AVATAR = 0.5


def _ascii(text: str) -> str:
    text = text.translate(str.maketrans({"ø": "o", "Ø": "O", "ß": "ss", "ł": "l"}))
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def _members(seed: int, how_many: int) -> list[User]:
    """Unsaved users. One hash serves them all: hashing 500 passwords would take half a minute."""
    rng = source(seed, "people")
    names = list(product(FIRST_NAMES, LAST_NAMES))
    if how_many > len(names):
        raise ValueError(f"at most {len(names)} users")
    rng.shuffle(names)
    password = make_password(MEMBERS_PASSWORD, salt="fieldnotes")
    return [
        User(
            username=f"{_ascii(first)}.{_ascii(last)}",
            first_name=first,
            last_name=last,
            email=f"{_ascii(first)}.{_ascii(last)}@example.org",
            password=password,
            date_joined=FOUNDED + dt.timedelta(minutes=rng.randrange(DAYS_OPEN * 1440)),
        )
        for first, last in names[:how_many]
    ]


def _demo() -> User:
    return User(
        username=DEMO,
        first_name="Demo",
        last_name="Keeper",
        email="demo@example.org",
        password=make_password(DEMO, salt="fieldnotes"),
        is_staff=True,
        is_superuser=True,
        date_joined=FOUNDED,
    )


def _profile(seed: int, user: User, places: list[Place]) -> Profile:
    rng = source(seed, f"profile/{user.username}")
    profile = Profile(user=user, home=rng.choice(places), bio=rng.choice(BIOS))
    if rng.random() < WITH_AVATAR:
        profile.avatar.name = f"avatars/{user.username}.png"
        file = settings.MEDIA_ROOT / profile.avatar.name
        file.write_bytes(avatar(rng, f"{user.first_name[0]}{user.last_name[0]}"))
    return profile


def add_people(seed: int, how_many: int, places: list[Place]) -> int:
    """Create the members who are missing, `demo` among them; the number of users created."""
    wanted = [_demo(), *_members(seed, how_many - 1)]
    known = set(User.objects.values_list("username", flat=True))
    created = User.objects.bulk_create(
        [user for user in wanted if user.username not in known], batch_size=500
    )
    (settings.MEDIA_ROOT / "avatars").mkdir(exist_ok=True)
    Profile.objects.bulk_create([_profile(seed, user, places) for user in created], batch_size=500)
    return len(created)
