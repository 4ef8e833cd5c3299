#!/usr/bin/env bash
# Copyright 2026 The Kiro Worker Authors.
# SPDX-License-Identifier: Apache-2.0

# Fails if generated files are not what the code would generate now. It compares with a copy, so that what was
# not committed yet counts too, and nothing is changed.
# Usage: verify-generated.sh CONTROLLER_GEN
set -euo pipefail

cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/api/v1alpha1" "$work/config/crd/bases" "$work/config/rbac"
hack/generate.sh "$1" "$work"

failed=0
while IFS= read -r file; do
	diff -u "$file" "$work/$file" || failed=1
done < <(cd "$work" && find . -type f | sort)
# A kind that was removed from the code leaves its CRD behind.
for file in config/crd/bases/*.yaml; do
	[ -e "$work/$file" ] || { echo "$file is generated from nothing" >&2; failed=1; }
done
if [ "$failed" = 1 ]; then
	echo "verify: generated files differ; run: make generate" >&2
	exit 1
fi
