#!/usr/bin/env bash
# Copyright 2026 The Kiro Worker Authors.
# SPDX-License-Identifier: Apache-2.0

# Tries one of the demo's specs on a checkout of the sample repository, without AWS or GitHub: copies both, installs the
# sample's packages and runs the worker on it, with the stand-in for a coding agent or, with AGENT=kiro, kiro-cli.
# Usage: local.sh BIN [SPEC]     SPEC: discount (default), shipping, invoice, gift-wrap, returns
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bin=$(cd "$1" && pwd)
spec=${2:-discount}
sample=$PWD/internal/local/demo/sample
[ -d "$sample/specs/$spec" ] || {
	echo "there is no spec $spec: choose one of $(ls "$sample/specs" | tr '\n' ' ')" >&2
	exit 2
}
dir=$(mktemp -d "${TMPDIR:-/tmp}/kiro-worker-sample-XXXXXX")
cp -R "$sample/repository/." "$dir"
mkdir -p "$dir/.kiro/specs/feature"
cp -R "$sample/specs/$spec" "$dir/.kiro/specs/feature/$spec"
cd "$dir"
git init --quiet --initial-branch="feature/$spec"
git add --all
git -c user.name=sample -c user.email=sample@example.com commit --quiet --message "The shop, and the spec $spec"
npm ci --prefer-offline --ignore-scripts --no-audit --no-fund --loglevel=error --cache "${XDG_CACHE_HOME:-$HOME/.cache}/kiro-worker/npm" >/dev/null

agent=(--agent command --agent-command "$bin/kiro-local" --agent-command stand-in-agent --agent-command '{{.SpecPath}}' --agent-command '{{.TaskID}}' --agent-command '{{.Prompt}}')
[ "${AGENT:-}" = kiro ] && agent=(--agent kiro)
echo "\$ kiro-worker run --local $dir ${agent[*]}"
code=0
"$bin/kiro-worker" run --local "$dir" "${agent[@]}" || code=$?
echo
git add --intent-to-add --all
git -c color.ui=auto diff --stat HEAD
exit "$code"
