"""`python -m xiaoer`: the same as the command `xiaoer`."""

import sys

from xiaoer.application.cli import main

if __name__ == "__main__":
    sys.exit(main())
