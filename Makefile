# SPDX-License-Identifier: GPL-2.0
# For people. The kernel's build reads Kbuild instead. Everything is done by the scripts, which set up what they need.

.PHONY: all module programs setup install clean fmt lint test demo bench guest help

all:
	@scripts/build all

module programs:
	@scripts/build $@

setup lint test demo bench:
	@scripts/$@

guest:
	@qemu/guest

install:
	@scripts/install

fmt:
	@scripts/lint --fix

clean:
	@rm -rf .build

help:
	@echo 'make            build the modules into .build/RELEASE/ and the programs into .build/bin/'
	@echo 'make demo       see tmem beside zram, zswap and a disk, on real data'
	@echo 'make bench      measure what a page costs and takes, beside zram and zswap'
	@echo 'make test       run all tests'
	@echo 'make guest      boot a stock guest with the modules loaded; RUN="text" runs that text in it'
	@echo 'make install    install the modules and tmemctl (DESTDIR=, PREFIX=/usr/local)'
	@echo 'make fmt        format the sources'
	@echo 'make lint       clippy, rustfmt, sparse, shellcheck: no warnings'
	@echo 'make setup      only set up tool chain, kernel tree and guest image'
	@echo 'make clean      remove what was built (scripts/setup --clean: what was set up)'
	@echo
	@echo 'KVER=RELEASE builds for another release of a Debian kernel, KDIR=DIR against any prepared kernel tree with Rust.'
