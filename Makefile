# Two commands matter: `make lab` and `make test`. Each does its own set-up, once.

VENV   := .venv
PYTHON := $(VENV)/bin/python
STAMPS := $(VENV)/.stamps
FRONT  := labextension
NODE_FILES := $(wildcard $(FRONT)/package.json $(FRONT)/*/package.json) $(FRONT)/package-lock.json
FRONT_FILES := $(shell find $(FRONT)/ui $(FRONT)/lab -name node_modules -prune -o -name lib -prune \
                 -o -type f ! -name '*.tsbuildinfo' -print)

# Absolute, because npm changes folders. `.ci/node` puts a node of our own first when it has to.
export PATH := $(CURDIR)/$(VENV)/node:$(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore

.DEFAULT_GOAL := help
.PHONY: help lab test check build bench notebooks lock clean
.DELETE_ON_ERROR:

help:  ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

lab: $(STAMPS)/installed  ## Open JupyterLab on the notebooks, with everything it needs
	@exec $(VENV)/bin/persistentai lab

# Tests wait more than they compute, so there are two processes a core. Without its cache, Python
# would compile all of us anew for each of the processes that they start.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(STAMPS)/installed $(STAMPS)/chromium  ## Run every test
	@cd $(FRONT) && npm test --silent
	@$(PYTHON) -m pytest -n 4 --dist loadgroup $(ARGS)

check: $(STAMPS)/installed  ## Ruff, mypy, the import contract, TypeScript
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@$(VENV)/bin/lint-imports
	@cd $(FRONT) && npm run --silent check

build: $(STAMPS)/front  ## Build the wheel: installing it needs neither node nor make
	@rm -rf dist
	@$(PYTHON) -m pip wheel -q --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist

bench: $(STAMPS)/installed  ## Measure: all of bench/, or one with NAME=engine
	@set -e; for file in bench/$(or $(NAME),*).py; do echo "== $$file"; $(PYTHON) $$file $(ARGS); done

notebooks: $(STAMPS)/installed  ## Run the notebooks and keep in them what their cells show
	@$(PYTHON) -m tests.notebooks.store

lock: $(STAMPS)/venv  ## Write both lock files anew (asks the registries)
	@$(PYTHON) -m pip install -q uv
	@$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --all-extras \
	  --no-emit-index-url --no-header --no-annotate --upgrade pyproject.toml -o requirements.lock
	@cd $(FRONT) && npm install --package-lock-only --omit-lockfile-registry-resolved

clean:  ## Remove all that was made
	rm -rf $(VENV) dist build .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	rm -rf $(FRONT)/node_modules $(FRONT)/*/node_modules $(FRONT)/lab/lib
	rm -rf persistentai_lab/labextension persistentai_lab/static

# --- set-up: each step is done once, and again when what it depends on has changed ----------------

$(STAMPS)/venv: .ci/venv
	@.ci/venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/packages: requirements.lock | $(STAMPS)/venv
	@echo "Installing Python packages (once, a minute or two) …"
	@$(PYTHON) -m pip install -q --no-deps -r requirements.lock
	@touch $@

$(STAMPS)/node: .ci/node | $(STAMPS)/venv
	@.ci/node $(VENV)
	@touch $@

$(STAMPS)/npm: $(NODE_FILES) $(STAMPS)/node
	@echo "Installing front-end packages …"
	@cd $(FRONT) && npm ci --silent --no-audit --no-fund
	@touch $@

$(STAMPS)/front: $(FRONT_FILES) $(STAMPS)/npm $(STAMPS)/packages
	@echo "Building the front end …"
	@cd $(FRONT) && npm run --silent build >$(CURDIR)/$(STAMPS)/front.log 2>&1 \
	  || { cat $(CURDIR)/$(STAMPS)/front.log; exit 1; }
	@touch $@

# Lab reads the front end from this working tree, so that a new build needs no new installation.
LAB_FOLDER := $(VENV)/share/jupyter/labextensions/@persistentai

$(STAMPS)/installed: pyproject.toml $(wildcard jupyter-config/*/*) $(STAMPS)/front
	@rm -rf $(LAB_FOLDER)/lab  # or pip would write through the link, into this working tree
	@HATCH_JUPYTER_BUILDER_SKIP_NPM=1 $(PYTHON) -m pip install -q --no-deps --no-build-isolation -e .
	@rm -rf $(LAB_FOLDER)/lab && mkdir -p $(LAB_FOLDER)
	@ln -s ../../../../../persistentai_lab/labextension $(LAB_FOLDER)/lab
	@touch $@

$(STAMPS)/chromium: .ci/chromium | $(STAMPS)/venv
	@.ci/chromium && touch $@
