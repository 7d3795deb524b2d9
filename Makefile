# Daybook's commands. Each target says what it does after its `##`; `make` alone prints them. The work is done by scripts/.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

LISTEN ?= 127.0.0.1:8080
DATA ?= ./data
RATE ?= 5
CSV ?=
SKIP ?=
export DAYBOOK_LISTEN := $(LISTEN)
export DAYBOOK_DATA := $(DATA)
export DAYBOOK_RATE := $(RATE)

.PHONY: help run demo build console test test-model check format bench setup clean

help: ## Print this list
	@scripts/help $(firstword $(MAKEFILE_LIST))

run: setup build console ## Set up, build and start Daybook on this machine, with simulated traffic
	@exec scripts/run --backfill 7d

demo: setup build console ## The same with 30 days of history, and CSV=applications.csv imported
	@exec scripts/run --backfill 30d $(if $(CSV),--csv "$(CSV)")

build: setup ## Build the release binary
	@echo "==> Building Daybook"
	@scripts/swift build --product daybook

test: ## Install what the tests need and run all of them; SKIP="browser app" leaves groups out
	@SKIP="$(SKIP)" scripts/test

test-model: build ## Fetch a small real language model (130 MB) and write reports with it; not part of `make test`
	@scripts/test-model

check: setup ## Format, lint, types, arrows between modules, warnings as errors, tidiness
	@scripts/check

format: ## Rewrite the Swift sources in the project's format
	@swift format format --in-place --parallel --recursive Sources Tests Package.swift

bench: ## Install what the benchmarks need and run them
	@scripts/setup bench
	@$(MAKE) build console
	@Benchmarks/run

setup: ## Install what is missing (run, build, check and console do so themselves)
	@scripts/setup

clean: ## Remove what was built here; keeps ./data, .deps, .venv and any folder named by DAYBOOK_SCRATCH
	rm -rf .build console/dist

# ---- The console: bundled again only when one of its sources has changed ----------------------------------------------

console_sources := $(shell find console -type f -not -path 'console/dist*' 2>/dev/null)

console: console/dist/.built ## Build the web console into console/dist

console/dist/.built: $(console_sources)
	@echo "==> Building the console"
	@console/build
	@touch $@
