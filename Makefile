# Everything happens in a virtual environment of the project's own; the first use of any target sets it up.
# Another Python: make run PYTHON=python3.12

VENV := .venv
BIN := $(VENV)/bin
# Not the one of .venv, which is made by it: that may be activated.
PYTHON ?= $(shell PATH="$$(printf %s "$$PATH" | tr : '\n' | grep -vxF "$(CURDIR)/$(BIN)" | paste -sd: -)" command -v python3 || echo python3)
READY := $(VENV)/.ready
# Compiled once: every command starts sooner.
export PYTHONDONTWRITEBYTECODE :=
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml
IMAGE_LOCK := deployments/requirements.lock

.PHONY: run test test-fast coverage chaos fuzz scale-demo bench bench-quick audit sbom check lint types lock lock-check clean

run: $(READY) ## Illustrate the newest day of the sample, without any key
	$(BIN)/frontispiece run

test: $(READY) ## All tests, a file at a time on each of two processors (labels are read where tesseract-ocr is installed)
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-fast: $(READY) ## Those that need neither a Prefect server nor a browser: a minute or so
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not server and not browser and not slow"

coverage: $(READY) ## All tests, and which lines and branches they did not see
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term-missing:skip-covered

chaos: $(READY) ## Kill it anywhere, with a random seed, and end it hundreds of times; twenty minutes or so
	PYTHONPATH=.:tests $(BIN)/python tests/chaos.py
	PYTHONPATH=.:tests $(BIN)/python tests/killed_backfill.py
	PYTHONPATH=.:tests $(BIN)/python tests/ends.py

fuzz: $(READY) ## Damaged bytes for every parser, and for terminal and listing, for a minute
	PYTHONPATH=.:tests $(BIN)/python tests/fuzz.py

scale-demo: $(READY) ## One, two and four workers of a team's server; wants Debian's postgresql and redis-server; twenty-five minutes
	PYTHONPATH=.:tests $(BIN)/python tests/scale_demo.py

bench: $(READY) ## How fast it is, against plain asyncio and plain Prefect; half an hour, writes docs/performance.md
	PYTHONPATH=.:tests $(BIN)/python bench/report.py

bench-quick: $(READY) ## A look at it, in two minutes; writes nothing
	PYTHONPATH=.:tests $(BIN)/python bench/report.py --quick

audit: $(READY) ## Known weaknesses of what is locked, where the advisory service can be reached
	$(BIN)/uv tool run --quiet pip-audit --disable-pip --require-hashes -r requirements.lock \
		|| echo "The audit found something, or could not be made: see above."

sbom: $(READY) ## What is locked, in CycloneDX: sbom.json, where the tool for it can be had
	$(BIN)/uv tool run --quiet --from 'cyclonedx-bom>=7,<8' cyclonedx-py requirements --pyproject pyproject.toml \
		--output-reproducible --output-format JSON --output-file sbom.json requirements.lock \
		|| echo "No sbom.json was written: see above. It takes the package cyclonedx-bom."

check: lint types lock-check ## Style, types and lock

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

lock: $(READY) ## Write requirements.lock anew from pyproject.toml, and that of the container image
	$(COMPILE) --extra dev --upgrade --output-file requirements.lock
	$(COMPILE) --extra team --constraints requirements.lock --upgrade --output-file $(IMAGE_LOCK)

lock-check: $(READY) ## Are the locks what pyproject.toml asks for?
	cp requirements.lock $(VENV)/requirements.lock
	$(COMPILE) --extra dev --output-file $(VENV)/requirements.lock
	diff requirements.lock $(VENV)/requirements.lock
	cp $(IMAGE_LOCK) $(VENV)/image.lock
	$(COMPILE) --extra team --constraints requirements.lock --output-file $(VENV)/image.lock
	diff $(IMAGE_LOCK) $(VENV)/image.lock

clean: ## Remove the virtual environment; pictures stay
	rm -rf $(VENV)

# --without-pip: Debian ships Python's venv without what it takes to put pip into one.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "Frontispiece needs Python 3.11 to 3.13; name one: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV), a minute or two. 1 of 4: a virtual environment"
	$(PYTHON) -m venv --without-pip --clear $(VENV)
	@echo "2 of 4: the packages of requirements.lock, most of that time"
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@echo "3 of 4: Frontispiece itself"
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
# Prefect takes ten seconds to make a new database: better now than in the first run.
	@echo "4 of 4: Prefect's database"
	mkdir -p data/prefect
	DO_NOT_TRACK=1 PREFECT_HOME="$(CURDIR)/data/prefect" $(BIN)/prefect server database upgrade --yes > $(VENV)/database.log 2>&1 \
		|| { cat $(VENV)/database.log; exit 1; }
	touch $(READY)
