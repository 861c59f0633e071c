"""`sitewright` and `python -m installer`."""

import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from installer.cli import run

    # The one file that unpacks itself (build/unpack.sh) says by which name it was called.
    sys.argv[0] = os.environ.pop("SITEWRIGHT_CALLED", sys.argv[0])
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
