"""Every error a user can meet renders, belongs to a documented exit code, and says something of its own."""

from __future__ import annotations

import inspect
import string

import pytest
from every import every

from installer import errors
from installer.errors import SitewrightError

CODES = {1, 2, 3, 4, 5, 6, 7, 8, 130}
ERRORS = [
    found
    for _, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, SitewrightError) and found.__module__.startswith(errors.__name__)
]


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_message_and_remedy_render_with_the_facts_they_name():
    def holds(error):
        facts = {name: f"<{name}>" for name in fields(error.__doc__) | fields(error.hint)}
        raised = error(**facts)
        assert all(value in raised.message for name, value in facts.items() if name in fields(error.__doc__))
        assert str(raised) == raised.message
        assert "{" not in raised.message
        assert raised.remedy == error.hint.format_map(facts)
        assert error(**facts, hint="do that").remedy == "do that"

    every(ERRORS, holds, lambda each: each.__name__)


def test_each_class_says_its_own_and_belongs_to_a_documented_exit_code():
    def holds(error):
        assert "__doc__" in vars(error)
        assert error.__doc__.strip()
        assert error.exit_code in CODES

    every(ERRORS, holds, lambda each: each.__name__)


def test_a_missing_fact_is_found_where_the_error_is_raised():
    def holds(error):
        if fields(error.__doc__):
            with pytest.raises(KeyError):
                error()

    every(ERRORS, holds, lambda each: each.__name__)


def test_every_class_is_documented_once():
    messages = [error.__doc__ for error in ERRORS if error.__doc__.strip("{} ") != "reason"]
    assert len(messages) == len(set(messages))


def test_every_documented_exit_code_of_a_failure_has_its_error():
    assert {error.exit_code for error in ERRORS} == CODES
