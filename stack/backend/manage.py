#!/usr/bin/env python3
"""Django's command line; run as root it first becomes the app user."""

import os
import sys

from config.privileges import become_app_user


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    become_app_user()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
