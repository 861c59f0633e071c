"""Good answers, and what is wrong with them after a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from installer.answers import file as answers_file
from installer.errors import Problem

KEY = "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDwv1Lb7uHuTJqAzAA"

GOOD = f"""\
version: 1
site: {{name: acme-hq, customer: Acme Ltd.}}
access:
  user: engineer
  private_key: keys/id_ed25519
  known_hosts: ~/known_hosts
  sudo_password: {{file: sudo_password}}
hosts:
  - {{name: cp-1, address: 10.20.0.11}}
  - name: node-1
    address: 10.20.0.12
    host_key: "{KEY}"
    access: {{port: 2222, sudo_password: null, password: {{command: [pass, show, node-1]}}}}
environments:
  - name: production
    control_planes: [cp-1]
    workers: [node-1]
    components:
      shop: {{replicas: 2}}
      site-ca:
"""


def sole(text: str) -> Problem:
    """The one problem of a text."""
    (problem,) = answers_file.problems(text, "answers.yaml")
    return problem


def changed(change: Callable[[dict[str, Any]], object]) -> list[str]:
    """Problems of the good answers after a change, without the file's name and line."""
    data = yaml.safe_load(GOOD)
    change(data)
    found = answers_file.problems(answers_file.dump(data), "f")
    return [f"{problem.path}: found {problem.found}, wanted {problem.wanted}" for problem in found]


def host(data: dict[str, Any], position: int = 0) -> dict[str, Any]:
    """A host of a document."""
    return data["hosts"][position]


def plane(data: dict[str, Any]) -> dict[str, Any]:
    """The environment of a document."""
    return data["environments"][0]
