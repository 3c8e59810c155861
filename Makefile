# make demo   predict the shipped recording, score it and draw it (sets everything up first)
# make test   formatting, lint, types and tests (sets everything up first)
# make lint   the first three alone
# make soak   the long tests: leaks, rare failures, new examples for the property tests
# make site   build the pages of docs/ into site/, with warnings as errors
# make notebooks  run the notebooks, with small settings
# make wheel  build the package and check what is in it
# make bundle build the executable: a folder that needs no Python (dist/deepcinac)
# make installs  wheel and source distribution in empty environments, of each Python there is
# make bench  the Lorenz benchmark of latents, and the published recipe on the same data: many hours
# make clean  remove what the targets above made
#
# PYTHON=/path/to/python3 chooses the interpreter (3.10 to 3.13) for a new environment.

VENV := .venv
BIN := $(VENV)/bin
DEMO_OUT := demo-output
WHEN_CHANGED := pyproject.toml setup.py constraints.txt deepcinac/version.py packaging/environment.sh

# Without a screen the demo stays in the terminal. macOS has a screen and no DISPLAY.
ifneq ($(shell uname),Darwin)
ifeq ($(DISPLAY),)
DEMO_OPTIONS := --no-gui
endif
endif

# Two targets at once would install into the same environment.
.NOTPARALLEL:
.PHONY: demo test lint pytest soak site notebooks wheel bundle installs bench clean

demo: $(VENV)/.installed
	$(BIN)/deepcinac demo --out $(DEMO_OUT) $(DEMO_OPTIONS)

test: lint pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	packaging/typecheck.sh $(BIN)/mypy

pytest: $(VENV)/.installed-dev
	packaging/screen.sh $(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_OPTIONS)

soak: $(VENV)/.installed-dev
	packaging/screen.sh $(BIN)/python -m pytest -m soak --timeout 3600 $(PYTEST_OPTIONS)
	packaging/screen.sh $(BIN)/python -m pytest -m "hypothesis and not soak" \
	    --hypothesis-profile=search $(PYTEST_OPTIONS)

site: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx --builder html --fresh-env --fail-on-warning --keep-going --quiet \
	    docs site
	@echo "site/index.html is ready"

notebooks: $(VENV)/.installed-notebooks
	$(BIN)/python -m pytest -m notebook tests/notebooks $(PYTEST_OPTIONS)

wheel: $(VENV)/.installed
	rm -rf build/lib dist/*.whl # of a stale build, they would end up in the wheel
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(BIN)/python packaging/check_wheel.py dist/deepcinac-*.whl

bundle: $(VENV)/.installed
	packaging/bundle.sh

installs: $(VENV)/.installed
	packaging/check_installs.sh

bench: $(VENV)/.installed
	$(BIN)/python benchmarks/latents.py bench-latents
	$(BIN)/python benchmarks/latents.py bench-latents --pretrained
	$(BIN)/python benchmarks/latents.py bench-latents --reference

# The development environment can do all that the plain one can, so it counts as both.
$(VENV)/.installed: $(WHEN_CHANGED)
	packaging/environment.sh $(VENV) ".[tensorflow]"
	touch $@

$(VENV)/.installed-dev: $(WHEN_CHANGED)
	packaging/environment.sh $(VENV) ".[tensorflow,dev]"
	touch $(VENV)/.installed $@

$(VENV)/.installed-docs: $(WHEN_CHANGED)
	packaging/environment.sh $(VENV) ".[docs]"
	touch $@

$(VENV)/.installed-notebooks: $(WHEN_CHANGED)
	packaging/environment.sh $(VENV) ".[tensorflow,dev,notebooks]"
	touch $(VENV)/.installed-dev $@

clean:
	rm -rf $(VENV) $(DEMO_OUT) bench-latents site docs/commands build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
