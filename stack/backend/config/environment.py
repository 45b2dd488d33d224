"""Settings from the environment, and from files where a secret is kept in one."""

import os
from pathlib import Path
from urllib.parse import quote


def secret(name: str, default: str = "") -> str:
    """The value of NAME, or the content of the file that NAME_FILE names."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text().rstrip("\n")
    return os.environ.get(name) or default


def redis_url(database: int) -> str:
    host = os.environ.get("REDIS_HOST", "cache")
    password = secret("REDIS_PASSWORD")
    credentials = f":{quote(password, safe='')}@" if password else ""
    return f"redis://{credentials}{host}:6379/{database}"
