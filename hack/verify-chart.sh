#!/usr/bin/env bash
# Copyright 2026 The Kiro Worker Authors.
# SPDX-License-Identifier: Apache-2.0

# Fails if what is generated in the chart is not what would be generated now. It compares with a copy, so that what was
# not committed yet counts too, and nothing is changed.
# Usage: verify-chart.sh HELM_DOCS
set -euo pipefail

cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R charts "$work/"
go run ./hack/chart "$work/charts/kiro-worker"
"$1" --chart-search-root "$work/charts" --sort-values-order file --log-level warning
if ! diff -ru charts "$work/charts"; then
	echo "verify: the chart differs from what is generated; run: make generate chart" >&2
	exit 1
fi
