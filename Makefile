# VaultTerm. `make up` builds and installs it here, `make test` runs every test.
#
# Everything that is made lies in target/, or, where CI=true, in a cache below the home folder so
# that the next fresh clone finds it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

CARGO_TARGET_DIR ?= $(if $(filter true,$(CI)),$(HOME)/.cache/vaultterm/target,$(CURDIR)/target)
export CARGO_TARGET_DIR

VERSION := $(shell sed -n '/^\[workspace.package\]/,/^\[/ s/^version = "\(.*\)"/\1/p' Cargo.toml)
ARCH := $(shell uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
TRIPLE := $(shell uname -m)-unknown-linux-gnu

# Tests try programs that are compiled quickly; `make test PROFILE=release` tries what is shipped.
PROFILE ?= $(if $(filter test test-connected,$(MAKECMDGOALS)),quick,release)
export PROFILE
BIN := $(CARGO_TARGET_DIR)/$(TRIPLE)/$(PROFILE)
KEYS := $(CARGO_TARGET_DIR)/dev-keys
OUT := $(CURDIR)/target$(if $(filter release,$(PROFILE)),,/$(PROFILE))
BUNDLE := $(OUT)/bundle/vaultterm-onprem-v$(VERSION)-linux-$(ARCH).vtb
ONPREM := $(OUT)/onprem

# Whom a build trusts. `make release` demands the vendor's own; everything else uses keys that are
# made on this host, never committed, and named wherever the build names itself.
LICENSE_PUB ?= $(KEYS)/vendor.pub
RELEASE_PUB ?= $(KEYS)/release.pub
RELEASE_KEY ?= $(KEYS)/release.key
export VAULTTERM_LICENSE_PUB = $(LICENSE_PUB)
export VAULTTERM_RELEASE_PUB = $(RELEASE_PUB)

NODE = PATH="$$(deploy/host/node):$$PATH"
PORTAL_NODE = PATH="$$(../../deploy/host/node):$$PATH"
SAY = @printf '\033[1m%s\033[0m\n' >&2

.PHONY: help up down test lint bench faults fuzz images bundle release build portal prepare programs

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

up: bundle ## Build, install into target/onprem, print the portal's URL and the setup link
	$(SAY) 'Issuing a development licence'
	@rm -f '$(KEYS)/development.vtlic'
	@'$(BIN)/vaultterm-license' issue --key '$(KEYS)/vendor.key' --customer 'This development host' \
	  --tier enterprise --seats 50 --expires "$$(date --utc --date='+1 year' +%F)" \
	  --out '$(KEYS)/development.vtlic' >/dev/null
	$(SAY) 'Installing'
	@'$(BIN)/vaultterm-install' install '$(BUNDLE)' --license '$(KEYS)/development.vtlic' \
	  --dir '$(ONPREM)' --escrow none --yes $(INSTALL_OPTIONS)

down: ## Stop and remove what `make up` installed, with its data
	@if [ -d '$(ONPREM)' ]; then \
	  deploy/host/engine; \
	  tool=$$(ls '$(BIN)/vaultterm-install' '$(ONPREM)'/releases/*/vaultterm-install 2>/dev/null | head -n 1); \
	  "$$tool" uninstall --purge --yes --dir '$(ONPREM)'; \
	else echo 'nothing is installed in $(ONPREM)' >&2; fi

test: ## Run every test
	@deploy/host/prepare test
	@$(MAKE) --no-print-directory portal next programs
	$(SAY) 'Portal: unit tests'
	@cd app/portal && $(PORTAL_NODE) npm test --silent
	@$(call npm-ci,tests/browser)
	$(SAY) 'Rust: every test'
	@$(NODE) $(LAB) \
	  tests/bin/with-services cargo nextest run --workspace --no-fail-fast $(TEST_OPTIONS)
	@[ '$(CI)' != true ] || $(MAKE) --no-print-directory fuzz test-connected

# Every parser of the bundle's and the licence's format against what nobody wrote, for a bounded time. Without
# sanitizers, so that the stable compiler does; panics, memory and time are what is looked for.
FUZZ_SECONDS ?= 15
fuzz: ## Fuzz every parser of bundles and licences, FUZZ_SECONDS each
	@deploy/host/cargo-tool cargo-fuzz 0.13.2
	$(SAY) 'Fuzzing'
	@deploy/host/fuzz '$(CARGO_TARGET_DIR)/fuzz' '$(FUZZ_SECONDS)'

# Compiles the server inside a container, for minutes.
.PHONY: test-connected
test-connected: bundle
	$(SAY) 'The connected install'
	@$(LAB) cargo nextest run -p vaultterm-tests --test connected --run-ignored all

lint: ## Check formatting, lints, dependencies and the portal
	@deploy/host/prepare lint
	@$(MAKE) --no-print-directory portal programs
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets --quiet -- --deny warnings
	@deploy/host/cargo-tool cargo-deny 0.20.2
	@deploy/host/advisories
	@cd app/portal && export $(PORTAL_NODE) && npm run --silent check && npm run --silent lint
	@shellcheck --external-sources \
	  $$(git ls-files | xargs grep -lE '^#!/(usr/bin/env bash|bin/sh)')

bench: next ## Measure, against named peers, into target/bench
	@deploy/host/prepare bench
	@tests/bench/run '$(BIN)' '$(KEYS)' '$(OUT)/bench' '$(BUNDLE)' '$(OUT)/next'

# What the laboratory tests are given.
LAB = VAULTTERM_BIN_DIR='$(BIN)' VAULTTERM_BUNDLE='$(BUNDLE)' VAULTTERM_NEXT_BUNDLE='$(NEXT)' \
  VAULTTERM_KEY_DIR='$(KEYS)' VAULTTERM_ARTIFACTS='$(OUT)/artifacts'

# Later releases of the same sources, which tests upgrade to, and an installer with points for faults.
NEXT = $(OUT)/next/vaultterm-onprem-v9.0.0-linux-$(ARCH).vtb
.PHONY: next
next: bundle
	$(SAY) 'A later release, for the tests of upgrades'
	@mkdir -p '$(OUT)/next'
	@tests/bin/next-release '$(BIN)' '$(RELEASE_KEY)' '$(BUNDLE)' '$(OUT)/next' >/dev/null
	@cargo build --quiet --locked -p vaultterm-install --features faults
	@cp --update '$(CARGO_TARGET_DIR)/debug/vaultterm-install' '$(OUT)/next/vaultterm-install-faults'

faults: ## Run the installer's fault matrix
	@deploy/host/prepare test
	@$(MAKE) --no-print-directory next
	@$(LAB) cargo nextest run -p vaultterm-tests --test refusals --test faults --run-ignored all
	@tail -n 1 '$(OUT)/artifacts/faults/progress.txt'

images: build ## Get or assemble the three images
	$(SAY) 'Images'
	@deploy/images/postgres/build
	@deploy/images/redis/build
	@deploy/images/app/build '$(BIN)/vaultterm-app' 'vaultterm/app:$(VERSION)'

bundle: images ## Build a signed bundle, and the key it verifies with, into target/bundle
	$(SAY) 'Bundle'
	@mkdir -p '$(OUT)/bundle'
	@SOURCE_DATE_EPOCH="$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || date +%s)}" \
	  '$(BIN)/vaultterm-bundle' build --version '$(VERSION)' --key '$(RELEASE_KEY)' \
	  --app-image 'vaultterm/app:$(VERSION)' --installer '$(BIN)/vaultterm-install' \
	  --cache '$(CARGO_TARGET_DIR)/layers' --out '$(OUT)/bundle' $(BUNDLE_OPTIONS)
	@cp '$(RELEASE_PUB)' '$(OUT)/bundle/release.pub'
	@cp '$(BIN)/vaultterm-install' '$(OUT)/bundle/'

release: ## Build a bundle with the vendor's keys: LICENSE_PUB=… RELEASE_PUB=… RELEASE_KEY=…
	@for key in '$(LICENSE_PUB)' '$(RELEASE_PUB)' '$(RELEASE_KEY)'; do \
	  if [ ! -f "$$key" ] || head -n 1 "$$key" | grep -q development; then \
	    echo "error: a release needs the vendor's keys, and $$key is not one of them" >&2; \
	    echo ' hint: make release LICENSE_PUB=vendor.pub RELEASE_PUB=release.pub RELEASE_KEY=release.key' >&2; \
	    exit 2; fi; done
	@$(MAKE) --no-print-directory bundle

# The four programs, static: they run on hosts and in images that have nothing.
build: prepare portal $(KEYS)/vendor.pub $(KEYS)/release.pub
	$(SAY) 'Programs'
	@cargo fetch --quiet --locked --target $(TRIPLE)
	@CARGO_TARGET_$(shell echo $(TRIPLE) | tr a-z- A-Z_)_RUSTFLAGS='-C target-feature=+crt-static' \
	  cargo build --quiet --profile '$(PROFILE)' --locked --target $(TRIPLE) -p vaultterm-app \
	  -p vaultterm-bundle -p vaultterm-install -p vaultterm-license
	@mkdir -p '$(OUT)/bin' && cp --update '$(BIN)'/vaultterm-{app,bundle,install,license} '$(OUT)/bin/'

prepare:
	@deploy/host/prepare up

# What `cargo nextest` and `cargo deny` need.
programs: $(KEYS)/vendor.pub $(KEYS)/release.pub
	@deploy/host/cargo-tool cargo-nextest 0.9.143

# npm-ci DIR: the packages of the lock file, unless they are there already.
npm-ci = { cmp -s '$1/package-lock.json' '$1/node_modules/.lock-in-use' || { \
	  PATH="$$(deploy/host/node):$$PATH" npm ci --silent --no-audit --no-fund --prefix '$1' && \
	  cp '$1/package-lock.json' '$1/node_modules/.lock-in-use'; }; }

portal: prepare app/portal/dist/index.html

PORTAL_SOURCES := $(shell find app/portal -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
app/portal/dist/index.html: $(PORTAL_SOURCES) app/openapi.json
	$(SAY) 'Portal'
	@$(call npm-ci,app/portal)
	@cd app/portal && $(PORTAL_NODE) npm run --silent build >/dev/null

# Keys of this host's own. The programs that make them carry none.
$(KEYS)/vendor.pub:
	$(SAY) 'Making development keys'
	@VAULTTERM_LICENSE_PUB= VAULTTERM_RELEASE_PUB= cargo run --quiet -p vaultterm-license -- \
	  keygen --development --no-password --out '$(KEYS)' >/dev/null

$(KEYS)/release.pub:
	@VAULTTERM_LICENSE_PUB= VAULTTERM_RELEASE_PUB= cargo run --quiet -p vaultterm-bundle -- \
	  keygen --development --no-password --out '$(KEYS)' >/dev/null
