"""`sitewright` and `python -m installer`."""

import os
import sys
import threading


def main() -> None:
    """Run the command line and exit with its code."""
    _open_streams()
    from installer.cli import run, thread_fault

    threading.excepthook = thread_fault
    # The one file that unpacks itself (build/unpack.sh) says by which name it was called.
    sys.argv[0] = os.environ.pop("SITEWRIGHT_CALLED", sys.argv[0])
    sys.exit(run(sys.argv[1:]))


def _open_streams() -> None:
    """Open standard streams that whoever called us has closed (`>&-`) on nothing.

    Otherwise the next file that is opened would get the number, and what is printed would go into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8")
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8")


if __name__ == "__main__":
    main()
