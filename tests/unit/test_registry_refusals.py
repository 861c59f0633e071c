"""What a registry complains about, as people are told."""

from __future__ import annotations

import json

import pytest

from installer.world.registry import Reply

FULL = "write /var/lib/sitewright/registry/x.tmp: no space left on device"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            {"errors": [{"code": "UNKNOWN", "message": "unknown error",
                         "detail": {"driver": "filesystem", "detail": FULL}}]},
            f"unknown error: {FULL}",
        ),
        ({"errors": [{"code": "UNKNOWN", "message": "unknown error", "detail": FULL}]}, f"unknown error: {FULL}"),
        ({"errors": [{"code": "DENIED", "message": "denied", "detail": [{"Type": "repository"}]}]}, "denied"),
        ({"errors": [{"code": "TOOMANYREQUESTS"}]}, "TOOMANYREQUESTS"),
        ({"errors": 7}, '{"errors": 7}'),
    ],
)  # fmt: skip
def test_a_refusal_is_told_with_the_words_of_the_storage(body, told):
    assert Reply(500, {}, json.dumps(body).encode()).reason == told
