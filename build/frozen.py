"""Runs first in the frozen program: what the program starts gets the environment that the program was given.

Its loader points LD_LIBRARY_PATH at our own libraries, which this process has taken in by now; the system's ssh would
stumble over them. What the loader tells itself is of no use to a further sitewright either. Where the machine has no
fontconfig, ours is told where fonts are.
"""

import os
import sys
from pathlib import Path

given = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
if given is None:
    os.environ.pop("LD_LIBRARY_PATH", None)
else:
    os.environ["LD_LIBRARY_PATH"] = given
for name in [name for name in os.environ if name.startswith("_PYI_")]:
    del os.environ[name]
if not Path("/etc/fonts/fonts.conf").exists():
    os.environ.setdefault("FONTCONFIG_FILE", str(Path(sys.executable).parent / "lib/fonts.conf"))
