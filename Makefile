# The usual things to do; each is a command or two. `make` alone builds the program.

VENV := .venv
DASS := .build/release/dass
# Notebooks that are committed as they were executed.
EXECUTED := notebooks/metabase.ipynb notebooks/paper/*.ipynb
# Jupyter refuses to serve as root unless told.
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

# Tests are built with testing enabled, apart, so that neither build undoes the other.
TEST_BUILD := .build-tests
TEST_PREFIX := $(CURDIR)/$(TEST_BUILD)/prefix

.PHONY: build setup install demo notebooks gallery lab test check-format browser-tour clean clean-demo

# The Swift runtime becomes part of the program, which then needs no toolchain where it runs, starts sooner and takes
# less memory; LLD packs the relocations that this brings.
build:
	swift build -c release --product dass --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs

setup:
	Scripts/setup

# Makes the program a kernel of the virtual environment, and of nothing else.
install: setup build
	$(DASS) install --prefix $(VENV)

# Runs the tour through a real client and leaves it in demo/, as a notebook and as a page.
demo: install
	mkdir -p demo
	$(VENV)/bin/jupyter nbconvert --to notebook --execute notebooks/tour.ipynb \
	  --ExecutePreprocessor.kernel_name=dass --ExecutePreprocessor.timeout=-1 \
	  --ExecutePreprocessor.iopub_timeout=60 --output-dir demo --output tour.ipynb
	$(VENV)/bin/jupyter nbconvert --to html --template dass demo/tour.ipynb
	@echo "See demo/tour.html, or demo/tour.ipynb in JupyterLab."

# Runs the metabase's report and the notebooks of the paper in place; each one tells how long it takes.
notebooks: install
	$(VENV)/bin/python Scripts/run-notebooks $(EXECUTED)

# Pages of the notebooks as they were last run, in demo/gallery.
gallery: setup
	$(VENV)/bin/python Scripts/gallery demo/gallery $(EXECUTED)

lab: install
	$(VENV)/bin/jupyter lab $(ROOT) --notebook-dir=notebooks

# Everything that continuous integration runs.
test: setup check-format
	swift test -c release --scratch-path $(TEST_BUILD) -Xswiftc -enable-testing
	$(TEST_BUILD)/release/dass install --prefix $(TEST_PREFIX) --env DASS_PYGMENTS_LEXER=dass \
	  --env DASS_PYTHON_PACKAGES=$$($(VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
	JUPYTER_PATH=$(TEST_PREFIX)/share/jupyter $(VENV)/bin/python -m pytest Tests

check-format:
	Scripts/check-format

# The tour in JupyterLab, in a real browser; screenshots in demo/browser.
browser-tour: install
	Scripts/browser-tour notebooks/tour.ipynb --screenshots demo/browser

clean:
	rm -rf .build .build-*

clean-demo:
	rm -rf demo
