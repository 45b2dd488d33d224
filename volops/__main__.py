"""`python -m volops`: the program, of this very interpreter."""

import sys

from volops.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
