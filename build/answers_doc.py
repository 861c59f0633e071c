"""Writes docs/answers.md from installer/answers/answers.schema.json: every field, its meaning, default and example."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "installer" / "answers" / "answers.schema.json"
PAGE = ROOT / "docs" / "answers.md"

TOP = """# The answers file

Made from `installer/answers/answers.schema.json` by `python build/answers_doc.py`; a test compares the two.

One YAML file says everything an installation needs to know. `sitewright check --profile FILE` tells every problem in it
at once, each with its line. Begin with this line, put the schema beside
the file (`sitewright schema > answers.schema.json`), and an editor completes and checks as you type:

```yaml
# yaml-language-server: $schema=answers.schema.json
```

The smallest file that installs:

```yaml
version: 1
site: {name: acme-hq}
access: {user: engineer, private_key: ~/.ssh/id_ed25519, known_hosts: ~/.ssh/known_hosts}
hosts:
  - {name: cp-1, address: 10.20.0.11}
environments:
  - name: production
    control_planes: [cp-1]
    components: {shop: {}}
```

`profiles/` holds whole examples, for practice sites. Values follow YAML 1.2: `no` is a word. Aliases, tags,
duplicate keys and control characters are refused: a file says one thing, where it says it. Relative paths start at the
file's own folder, `~` is your home. The file is a regular file of at most 1 MiB in UTF-8; a byte order mark is passed
over.

A secret that is named by `command` runs that program on your machine, as you. Each command of each answers file is
therefore shown and asked about once, at a terminal; elsewhere `--allow-commands` has to be given once. What was allowed
stands under `allowed-commands` in the state directory.
"""
BOTTOM = """
## Rules beyond the fields

* Host names and addresses are unique, and each host is in exactly one environment, once.
* The number of control planes is odd. An environment without workers runs its services on them.
* Pod and service networks overlap neither each other, nor those of another environment, nor any host, bastion or time
  server. The pod network has a /24 for each host.
* Each host has a way to log in (key, agent or password) and a pinned host key (its own `host_key`, or `known_hosts`).
* Registry ports are those of neither SSH nor Kubernetes, and two.
* A pool has a host that takes pods; what is to stand there is chosen in the environment and in no other pool.
  A host without a reserved pool is left for everything else, and one host at most is in `build`.
* A waiver names a check, hosts that exist, and a last day that is not past.
* Environments have domains and API endpoints of their own.
* A secret in plain text is refused wherever it stands, also among a component's values: by its key (password, token,
  secret, api_key, credentials ...), by an option or a connection string that holds one, or by its form (a private key,
  a URL with a password, a bearer token). Put it into a Kubernetes Secret at the site and name that. What is refused is
  never shown.
"""


def page(schema: dict[str, Any]) -> str:
    """The whole page."""
    parts = [TOP]
    for name, part in schema["properties"].items():
        whole = resolved(schema, part)
        parts.append(f"\n## {name}\n\n{whole['description']}\n")
        parts.append(table(schema, whole, ""))
    for title, name in (("A secret reference", "secret"), ("A bastion", "bastion")):
        part = schema["$defs"][name]
        parts.append(f"\n## {title}\n\n{part['description']}\n{table(schema, part, '')}")
    return "".join(parts) + BOTTOM


def resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A subschema with what it refers to."""
    reference = part.get("$ref", "").rsplit("/", 1)[-1]
    return {**schema["$defs"].get(reference, {}), **part}


def table(schema: dict[str, Any], part: dict[str, Any], prefix: str) -> str:
    """The fields of a mapping, or of the mappings in a list, as a table."""
    rows = list(fields(schema, part, prefix))
    if not rows:
        return f"\nExample: {code(part['examples'][0])}\n" if "examples" in part else ""
    lines = ["", "| field | meaning | default | example |", "| --- | --- | --- | --- |", *rows]
    return "\n".join(lines) + "\n"


def fields(schema: dict[str, Any], part: dict[str, Any], prefix: str) -> list[str]:
    """A row for each field, those of inner mappings below theirs."""
    part = part.get("items", part)
    rows = []
    for name, inner in part.get("properties", {}).items():
        whole = resolved(schema, inner)
        default = (
            "**needed**" if name in part.get("required", ()) else code(whole["default"]) if "default" in whole else ""
        )
        example = code(whole["examples"][0]) if "examples" in whole else ""
        meaning = f"{whole['title']}. {whole['description']}".replace("|", "\\|")
        rows.append(f"| `{prefix}{name}` | {meaning} | {default} | {example} |")
        if "$ref" not in inner:
            inside = f"{prefix}{name}[]." if "items" in whole else f"{prefix}{name}."
            rows += fields(schema, whole, inside)
    return rows


def code(value: Any) -> str:
    """A value as one writes it."""
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return f"`{text}`"


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(SCHEMA.read_text(encoding="utf-8"))), encoding="utf-8")
