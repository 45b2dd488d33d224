"""`docker compose exec` runs as root; files made that way would lock the application out."""

import os
import pwd

APP_USER = "app"


def become_app_user() -> None:
    """Change to the app user if running as root; do nothing otherwise."""
    if os.geteuid() != 0:
        return
    account = pwd.getpwnam(APP_USER)
    os.initgroups(APP_USER, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    os.environ["HOME"] = account.pw_dir
