# Each target is one command one could type. `make setup` first; every other target runs it when needed.
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
SAMPLE := out/sample
OUT ?= out/toy
INPUT ?= gs://$(BUCKET)/crawl
# Modules that are compiled when imported, if ever: half of all that is installed.
UNUSED := /tests?/|/pip/|/mypyc?/|/pymongo/|/google/(?!protobuf/)|/transformers/models/|/vertexai/|/agentplatform/
TESTS := -m pytest -q --numprocesses=auto --dist=loadfile --no-loadscope-reorder

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/ready ## make .venv with the project and its train, crawl and dev extras

$(VENV)/installed: pyproject.toml constraints.txt
	@echo "setup: the project with its train, crawl and dev extras (Beam, TensorFlow, test tools) into $(VENV): 4 GB, some minutes"
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	$(RUN) -m uv pip install --quiet --python $(RUN) --constraint constraints.txt --editable '.[train,crawl,dev]'
	-@$(RUN) -m compileall -qq -j 0 -x '$(UNUSED)' $(VENV)/lib
	@touch "$@"

$(VENV)/ready: $(VENV)/installed
	@echo "setup: compiling kernels"
	$(RUN) -m pipeline.compile
	@touch "$@"

corpus: setup ## make a small crawl and run the whole pipeline on it
	$(RUN) -m pipeline.sample --output=$(SAMPLE)
	$(RUN) -m pipeline --config=toy --input=$(SAMPLE)/crawl --eval_images=$(SAMPLE)/eval --output=$(OUT)

vocab: corpus ## build the wordpiece vocabulary of that corpus
	$(RUN) -m vocab --corpus=$(OUT) --identify --output=$(OUT)/vocab

train: vocab ## train a toy model on it
	$(RUN) -m train fit --config=toy --corpus=$(OUT) --output=$(OUT)/model

check: setup ## check style and types, and run the fast tests: under a minute
	@$(MAKE) --no-print-directory --jobs=2 lint fast

fast: setup
	$(RUN) $(TESTS) -m 'not slow'

test: setup ## run all tests
	$(RUN) $(TESTS)

lint: $(VENV)/installed ## check style and types
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

bench: setup ## measure speed and memory against named yardsticks
	$(RUN) -m bench

dataflow: setup ## run on Dataflow: make dataflow PROJECT= REGION= BUCKET= INPUT= [IMAGE=]
	$(if $(and $(PROJECT),$(REGION),$(BUCKET)),,$(error make dataflow needs PROJECT=, REGION= and BUCKET=))
	$(RUN) -m pipeline --config=align --input='$(INPUT)' --output=gs://$(BUCKET)/align \
	  --runner=DataflowRunner --project=$(PROJECT) --region=$(REGION) --temp_location=gs://$(BUCKET)/tmp \
	  $(if $(IMAGE),--sdk_container_image=$(IMAGE),--setup_file="$(CURDIR)/pyproject.toml") --no_save_main_session

.PHONY: help setup corpus vocab train check fast test lint bench dataflow
