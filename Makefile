# The commands people and CI share. `make digest` and `make test` need Python 3.11 or later, pip and the package index.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
EMBEDDED_MODEL := models/smollm2-135m-instruct/newsfold.json

.PHONY: digest test gate mail-servers test-mail lint types bench docs package picture clean help

help:
	@echo "make digest   install what is needed and make the edition of the sample night"
	@echo "make test     lint, types and all tests"
	@echo "make gate     quality against the floors in benchmarks/floors.toml"
	@echo "make mail-servers  install Debian's Postfix and Dovecot, as root"
	@echo "make test-mail  mail through them, as root"
	@echo "make bench    speed and quality figures"
	@echo "make docs     what the documents hold that is made from the code"
	@echo "make picture  the picture of an edition, docs/edition.png; needs Chromium"
	@echo "make package  wheel and source archive in dist/"
	@echo "make clean    remove the environment and everything made here"

digest: $(EMBEDDED_MODEL)
	$(BIN)/newsfold demo

test: lint types $(EMBEDDED_MODEL)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

gate: $(EMBEDDED_MODEL)
	$(BIN)/python benchmarks/gate.py

mail-servers:
	apt-get update --quiet
	DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends \
	  postfix dovecot-imapd dovecot-lmtpd openssl

test-mail: $(INSTALLED)
	$(BIN)/python -m pytest -rs tests/e2e/test_real_mail.py

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

bench: $(EMBEDDED_MODEL)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python benchmarks/quality.py
	$(BIN)/python benchmarks/cluster.py
	$(BIN)/python benchmarks/story_nights.py
	$(BIN)/python benchmarks/pair_scores.py
	$(BIN)/python benchmarks/story_scale.py
	$(BIN)/python benchmarks/dedupe.py
	$(BIN)/python benchmarks/dedupe.py --memory
	$(BIN)/python benchmarks/dedupe.py --scaling
	$(BIN)/python benchmarks/memory.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/extract.py
	$(BIN)/python benchmarks/fetch.py
	$(BIN)/python benchmarks/summarise.py
	$(BIN)/python benchmarks/summarise.py --edition
	$(BIN)/python benchmarks/deliver.py
	$(BIN)/python benchmarks/night.py

docs: $(INSTALLED)
	$(BIN)/newsfold config example > newsfold.example.toml
	$(BIN)/newsfold config reference > docs/configuration.md
	$(BIN)/python docs/generated.py

picture: $(EMBEDDED_MODEL)
	$(BIN)/python docs/picture.py

package: $(INSTALLED)
	$(BIN)/python -m hatchling build --directory dist

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Newsfold needs Python 3.11 or later, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

$(EMBEDDED_MODEL): $(INSTALLED) models/manifest.toml
	$(BIN)/newsfold models fetch
	touch $@

clean:
	rm -rf $(VENV) $(dir $(EMBEDDED_MODEL)) data/demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
