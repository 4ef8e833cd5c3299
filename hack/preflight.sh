#!/usr/bin/env bash
# Copyright 2026 The Kiro Worker Authors.
# SPDX-License-Identifier: Apache-2.0

# Says at once what this machine lacks for a target, and what to do, instead of failing half-way.
# Usage: preflight.sh build|test|demo
set -euo pipefail

goal=${1:-build}
missing=()

# at_least HAVE WANT compares versions of the form 1.26.0.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

want_go=$(awk '$1 == "go" {print $2; exit}' go.mod)
if ! command -v go >/dev/null; then
	missing+=("Go $want_go or newer: install it from https://go.dev/dl/ and put its bin directory on PATH.")
elif have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//; s/ .*//') && [ -n "$have" ] && ! at_least "$have" "$want_go" &&
	[ "$(go env GOTOOLCHAIN)" = local ]; then
	missing+=("Go $want_go or newer: this is $have, and GOTOOLCHAIN=local keeps it from fetching the newer one.")
fi

if [ "$goal" != build ]; then
	if ! command -v git >/dev/null; then
		missing+=("git: install it with your system's packages (apt-get install git, dnf install git, brew install git).")
	elif ! [ -x "$(git --exec-path)/git-http-backend" ]; then
		missing+=("git http-backend: it is part of git, but some systems package it apart (apk add git-daemon, dnf install git-core).")
	fi
	if ! command -v node >/dev/null; then
		missing+=("Node.js 18 or newer: install it from https://nodejs.org/ or with your system's packages.")
	elif have=$(node --version | sed 's/^v//') && ! at_least "$have" 18.0.0; then
		missing+=("Node.js 18 or newer: this is $have; install it from https://nodejs.org/.")
	fi
	command -v npm >/dev/null ||
		missing+=("npm: it comes with Node.js from https://nodejs.org/; some systems package it apart (apt-get install npm).")
fi
if [ "$goal" = demo ] && [ "${AGENT:-}" = kiro ]; then
	command -v kiro-cli >/dev/null || missing+=("kiro-cli: install it from https://kiro.dev/, or leave AGENT=kiro out.")
	[ -n "${KIRO_API_KEY:-}" ] || missing+=("KIRO_API_KEY: set it to the key that kiro-cli is to use, or leave AGENT=kiro out.")
fi

if [ ${#missing[@]} -gt 0 ]; then
	echo "make $goal needs what this machine lacks:" >&2
	printf '  - %s\n' "${missing[@]}" >&2
	exit 1
fi
