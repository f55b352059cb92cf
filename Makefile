# The two that matter: `make demo` shows clickd at work, `make test` proves it. Both install what they need.
# `make help` lists the rest.
SHELL := /bin/bash
SWIFT ?= $(shell command -v swift || echo /opt/swift/usr/bin/swift)

.PHONY: help build test unit tsan asan browser office kill-campaign soak fuzz outage-campaign powerloss fault-sweep lint configuration bench bench-check bench-curves demo deb deb-test hosts-test clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

build:  ## install what a build needs, build clickd
	@scripts/install-deps build
	$(SWIFT) build -c release

demo:  ## a shop and simulated shoppers through a real clickd, live; DEMO_SECONDS=20 ends by itself
	@scripts/install-deps build services
	$(SWIFT) build -c release
	@scripts/demo

test:  ## every test, with a real Kafka and MongoDB
	@scripts/install-deps build services test
	@scripts/test

unit:  ## the tests that need no servers, under a minute
	@scripts/install-deps build
	@scripts/test --unit

tsan:  ## the tests that need no servers, under the thread sanitizer
	@scripts/install-deps build
	@scripts/test --tsan

asan:  ## the tests that need no servers, under the address sanitizer, with more rubbish
	@scripts/install-deps build
	@scripts/test --asan

browser:  ## the shop and clickd.js in a real Chromium, with outages; about three minutes
	@scripts/install-deps build services browser
	$(SWIFT) build -c release --product clickd
	$(SWIFT) build -c release --product clickd-web
	node --test Tests/TrackerTests/*.test.js Tests/DashboardTests/*.test.mjs
	@Tests/BrowserTests/run

kill-campaign:  ## clickd killed at random moments and named points, then everything checked; ROUNDS=1000 SEED=…
	@scripts/install-deps build services test
	$(SWIFT) build -c release --product clickd
	@folder=$$(mktemp -d) && scripts/services run $$folder/servers -- Tests/Campaigns/kill; \
	status=$$?; rm -rf $$folder; exit $$status

outage-campaign:  ## nodes of Kafka and MongoDB and consumers fail under a clickd that stays, then everything checked; ROUNDS=40 SEED=…
	@scripts/install-deps build services test
	$(SWIFT) build -c release --product clickd
	@Tests/Campaigns/outages

soak:  ## everything at work for MINUTES=30 at RATE=20000 events a second, servers failing; nothing may be lost, or grow
	@scripts/install-deps build services test
	$(SWIFT) build -c release --product clickd
	$(SWIFT) build -c release --product clickd-web
	@folder=$$(mktemp -d) && EXTRA=$$'log.segment.bytes=67108864\nlog.retention.bytes=1073741824\nlog.retention.check.interval.ms=10000' \
	scripts/services run $$folder/servers -- Tests/Campaigns/soak; \
	status=$$?; rm -rf $$folder; exit $$status

fuzz:  ## libFuzzer over each reader of bytes from outside, SECONDS=60 each; TARGET='lines toml': these alone
	@scripts/install-deps build
	CLICKD_FUZZER=1 $(SWIFT) build -c release --scratch-path .build/fuzz --product fuzz --sanitize=fuzzer --sanitize=address \
	-Xswiftc -sanitize=fuzzer,address  # of several, swiftc heeds the last alone: Swift's own code would not be instrumented
	@Tests/Fuzz/run $(or $(SECONDS),60) $(TARGET)

office:  ## LibreOffice opens the CSV exports; installs it, 90 MB
	@scripts/install-deps build services test office
	$(SWIFT) build -c release
	@scripts/services run "$$(mktemp -d)" -- $(SWIFT) test -c release --disable-testable-imports --filter OfficeTests

powerloss:  ## the power cut at random writes and syncs of the outbox, in memory, then everything checked; ROUNDS=100000 SEED=…
	@scripts/install-deps build
	$(SWIFT) build -c release --product power-loss
	.build/release/power-loss losses $${ROUNDS:-10000} $${SEED:-$$RANDOM}

fault-sweep:  ## each open, read, write, sync, truncation and allocation of the outbox fails once, and from then on; SEED=…
	@scripts/install-deps build
	$(SWIFT) build -c release --product power-loss
	.build/release/power-loss sweep $${SEED:-$$RANDOM}

lint:  ## the formatter's and the shell checker's word on every file
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift
	@scripts/lint

configuration:  ## docs/configuration.md, from the code
	$(SWIFT) build -c release --product clickd
	.build/release/clickd check-config --reference --config etc/clickd.toml >docs/configuration.md

bench:  ## every figure with a goal, against raw limits and other systems in the same run; JSON=FILE keeps it
	@scripts/install-deps build services bench
	$(SWIFT) build -c release
	@Benchmarks/run $(if $(JSON),--json $(JSON))

bench-check:  ## exit 1 when intake, kafka or mongo lost more than a fifth of its kept share of the raw limit; JSON=FILE: of that run
	@scripts/install-deps build services
	@Benchmarks/check $(JSON)

bench-curves:  ## rates by event size, connections, partitions, documents there; start and memory by backlog, FULL=1 to 50 million; JSON=FILE
	@scripts/install-deps build services
	@ONLY=$${ONLY:-sizes,connections,partitions,filled,backlog} Benchmarks/run $(if $(JSON),--json $(JSON))

deb:  ## the Debian packages, into .build/deb
	@scripts/install-deps build package
	@scripts/build-deb

deb-test:  ## packages built, installed, run, upgraded, removed and purged in a fresh Debian; RELEASE=trixie: that one's
	@scripts/install-deps build services package
	@scripts/test-deb $(RELEASE)

hosts-test:  ## eleven hosts in network namespaces, some lost (root); EVENTS=36000 takes about two minutes
	@scripts/install-deps build services test
	$(SWIFT) build -c release --product clickd
	@Tests/HostsTests/run

clean:  ## what builds and tests left
	rm -rf .build
