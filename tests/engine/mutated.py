"""Puts one mutated module in the place of the program's own: `pytest -p mutated`, by the environment.

MUTATED_MODULE is the module's name, MUTATED_SOURCE the file that is loaded for it. All others are the program's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType


class Instead:
    """Finds the mutated module before anyone else does."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != os.environ["MUTATED_MODULE"]:
            return None
        return spec_from_file_location(name, os.environ["MUTATED_SOURCE"])


assert os.environ["MUTATED_MODULE"] not in sys.modules, "it is loaded already, unbroken"
sys.meta_path.insert(0, Instead)
