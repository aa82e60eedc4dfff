# The commands of the portal; `make help` lists them. Needs Python 3.11 or newer and make.

# Our package `mailbox` must be found before the standard library's (ARCHITECTURE.md).
export PYTHONPATH := $(CURDIR)
export DJANGO_SETTINGS_MODULE := govmail_portal.settings

# The first Python that is new enough; `make run PYTHON=/path/to/python3` chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& echo $$p && break; done)
INSTALL = $(or $(PYTHON),$(error The portal needs Python 3.11 or newer, and found none. \
	Install it, or say where it is: make PYTHON=/path/to/python3)) deploy/install.py
PY = .venv/bin/python
PACKAGES = govmail_portal accounts mailbox
LOCK = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header

# Settings for tools that import them without running anything.
CHECK_ENV = SECRET_KEY=only-for-checks-$$(printf '0123456789%.0s' 1 2 3 4 5 6) \
	DATABASE_URL=postgresql://nobody@127.0.0.1/none REDIS_URL=redis://127.0.0.1:1/0 \
	ALLOWED_HOSTS=mail.gov.example HTTPS=yes VAR_DIR=$(CURDIR)/var/check

.DEFAULT_GOAL := help
.PHONY: help run logins test check fix smoke bench lock messages clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

run: ## the whole portal on this machine: PORT=8000, LMTP_PORT=8024; Ctrl-C stops it
	@$(INSTALL) run
	@exec $(PY) -m govmail_portal.running

logins: ## the demo logins with their codes of this moment
	@$(PY) manage.py demo_logins

test: ## all tests, with what they need, a file per core: ARGS="-k name" for some
	@$(INSTALL) test
	@$(PY) -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: ## style, types, import contracts, templates, migrations, settings
	@$(INSTALL) test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(CHECK_ENV) $(PY) -m mypy
	.venv/bin/lint-imports --no-cache
	git ls-files -z 'templates/*.html' | xargs -0 .venv/bin/djade --check --target-version 5.2
	$(PY) -m govmail_portal.message_catalogues --check
	test -f var/check/keys/web.json || $(CHECK_ENV) $(PY) manage.py keyring new --into var/check/keys
	$(CHECK_ENV) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(CHECK_ENV) $(PY) manage.py check --deploy --fail-level WARNING

fix: ## let the tools tidy
	@$(INSTALL) test
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	git ls-files -z 'templates/*.html' | xargs -0 .venv/bin/djade --target-version 5.2

smoke: ## the main job once, end to end, in a folder of its own; one JSON line
	@$(INSTALL) test
	@$(PY) -m tests.smoke

bench: ## measure against the limits; results in bench/results/
	@$(INSTALL) test
	@$(PY) -m bench

lock: ## lock the packages anew: UPGRADE=--upgrade for newer ones
	@$(INSTALL) test
	$(LOCK) $(UPGRADE) requirements.in -o requirements.txt >/dev/null
	$(LOCK) $(UPGRADE) requirements-engines.in -o requirements-engines.txt >/dev/null
	$(LOCK) $(UPGRADE) requirements-ldap.in -o requirements-ldap.txt >/dev/null
	$(LOCK) $(UPGRADE) deploy/scanner/requirements.in -o deploy/scanner/requirements.txt >/dev/null
	$(LOCK) $(UPGRADE) requirements-dev.in -o requirements-dev.txt >/dev/null
	@$(INSTALL) lock

messages: ## bring the Thai catalogue up to date with the sources
	@$(INSTALL) run
	$(PY) -m govmail_portal.message_catalogues --update

clean: ## remove what can be made again; the data in var/ stay
	rm -rf .venv .venv-scanner node_modules static-collected .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +
	find govmail_portal/locale -name '*.mo' -delete
