# Every target sets up the virtual environment .venv first where it is missing or out of date.
PYTHON ?= python3
DATASET ?= demo
MODELS ?=
THREADS ?=
DATA ?=
LEADERBOARDS ?= results/leaderboards
NAME ?= $(DATASET)

BIN := .venv/bin
READY := .venv/.ready
comma := ,
OPTIONS := $(foreach model,$(subst $(comma), ,$(MODELS)),--model $(model)) \
    $(if $(THREADS),--threads $(THREADS)) $(if $(DATA),--data $(DATA))

.PHONY: benchmark test lint fetch container-check clean

# Run the baselines (or MODELS=a,b) on DATASET, write the leaderboard below LEADERBOARDS, print it and its path.
benchmark: $(READY)
	$(BIN)/python -m benchmarks run --dataset $(DATASET) $(OPTIONS)
	$(BIN)/python -m benchmarks leaderboard --dataset $(DATASET) --output $(LEADERBOARDS) \
	    $(if $(DATA),--data $(DATA))

test: $(READY)
	$(BIN)/python -m pytest -q -n 2

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Download the files of dataset NAME into the cache.
fetch: $(READY)
	$(BIN)/python -m benchmarks fetch $(NAME)

# Follow the steps of the Dockerfile in a fresh environment, without Docker, then assign and decode with it.
container-check: $(READY)
	$(BIN)/python -m tests.dockerfile_steps

# Remove what the other targets made here, stored runs included; fetched data in the user's cache stay.
clean:
	rm -rf .venv build dist *.egg-info results .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,neural]'
	touch $@
