# The words of README.md. Everything real is behind `sitewright`; here is only what comes before and after it.

PROFILE ?= profiles/rehearsal.yaml

.PHONY: bootstrap demo demo-upgrade demo-down soak test tests test-full types unit bench transcript accuracy reports binary clean

bootstrap:
	@build/bootstrap

demo: bootstrap
	@.venv/bin/sitewright rehearse --profile $(PROFILE)

# A practice site goes to the next release of Kubernetes, is written to and goes back; what was away meanwhile is printed.
# With PROFILE=profiles/ha.yaml it has three control planes.
demo-upgrade: PROFILE = profiles/minimal.yaml
demo-upgrade: bootstrap
	@.venv/bin/sitewright rehearse --profile $(PROFILE) --upgrade

demo-down: bootstrap
	@.venv/bin/sitewright rehearse --profile $(PROFILE) --down

# How tests are shared out among five processes, of which most wait at any time: tests/conftest.py.
test: bootstrap
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	@$(MAKE) --no-print-directory --jobs 2 types tests

types: bootstrap
	.venv/bin/mypy

tests: bootstrap
	.venv/bin/pytest -q -n 5 --dist loadscope tests/unit tests/contract tests/adapter tests/e2e tests/commands tests/engine

unit: bootstrap
	.venv/bin/pytest -q -n $$((2 * $$(nproc))) tests/unit

# What takes long to build or to stand up, for real: three environments, and the platform over three clusters.
test-full: bootstrap
	.venv/bin/pytest -q tests/full

# Long matrices, of which `make test` draws a sample.
soak: bootstrap
	SITEWRIGHT_STACKED_RUNS=$${SITEWRIGHT_STACKED_RUNS:-300} .venv/bin/pytest -q tests/engine/test_runs_stacked.py
	SITEWRIGHT_NEED_PAIRS=$${SITEWRIGHT_NEED_PAIRS:-10000} .venv/bin/pytest -q -n 0 tests/unit/test_sizing_more_need.py
	SITEWRIGHT_UPGRADE_DEATHS=0 .venv/bin/pytest -q tests/engine/test_upgrade_crashes.py
	SITEWRIGHT_SOAK=1 .venv/bin/pytest -q tests/full/test_faults.py

bench: bootstrap
	.venv/bin/pytest -m bench -s tests/benchmarks

# The wizard at a real terminal, from nothing to a proved installation, screen by screen: dist/transcript.txt.
transcript: bootstrap
	@mkdir -p dist && rm -f dist/transcript.txt
	SITEWRIGHT_KEEP_TRANSCRIPT=$(CURDIR)/dist .venv/bin/pytest -q tests/e2e/test_wizard.py

# Our sizing beside published ones.
accuracy: bootstrap
	@.venv/bin/python -m sizing.accuracy

# Two example reports in both languages: dist/reports/.
reports: bootstrap
	@for example in docs/examples/*.yaml; do for language in en zh; do \
	    .venv/bin/sitewright report --profile $$example --language $$language --out dist/reports || exit; done; done

# The program as one file that needs no Python: dist/sitewright.
binary: bootstrap
	@build/freeze

# What was built stays in the cache (XDG_CACHE_HOME or ~/.cache, below it sitewright): it took long.
clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache
