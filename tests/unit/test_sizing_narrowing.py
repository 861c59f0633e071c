"""What makes a range wide is named, with the answer that narrows it most."""

from dataclasses import replace

from sizing.engine import size
from sizing.narrowing import narrowings, widest
from sizing.needs import Needs

NEEDS = Needs(users=500)


def width(sizing):
    cores, memory = sizing.total("cpu_cores"), sizing.total("memory_gib")
    return cores.high - cores.low + (memory.high - memory.low) / 4


def test_answering_does_what_was_promised():
    sizing = size(NEEDS)
    best, *others = narrowings(sizing)
    known = size(replace(NEEDS, **{best.need: best.taken.expected}))
    assert (known.total("cpu_cores"), known.total("memory_gib")) == (best.cpu_cores, best.memory_gib)
    assert width(known) < width(sizing)
    assert all(each.share <= best.share for each in others)


def test_only_open_questions_are_asked():
    named = {each.need for each in narrowings(size(NEEDS))}
    assert "service_cpu_cores" in named
    assert "users" not in named
    answered = {each.need for each in narrowings(size(replace(NEEDS, service_cpu_cores=0.25)))}
    assert "service_cpu_cores" not in answered


def test_the_part_known_least_has_the_widest_range():
    sizing = size(NEEDS)
    part = widest(sizing)
    assert part is not None
    spans = {each.size.name: each.size.total("cpu_cores") for each in sizing.parts}
    assert part.size.name == max(spans, key=lambda name: spans[name].high - spans[name].low)
