#!/usr/bin/env bash
# Copyright 2026 The Kiro Worker Authors.
# SPDX-License-Identifier: Apache-2.0

# Generates deep copies, CRDs and RBAC into a tree. `make generate` names the repository itself, `make verify` an
# empty directory to compare with.
# Usage: generate.sh CONTROLLER_GEN TARGET
set -euo pipefail

gen=$1 target=$2
cd "$(dirname "$0")/.."
"$gen" object:headerFile=hack/boilerplate.go.txt paths=./api/... output:object:dir="$target/api/v1alpha1"
"$gen" crd paths=./api/... output:crd:dir="$target/config/crd/bases"
"$gen" rbac:roleName=manager paths=./controllers/... paths=./internal/resolver/... output:rbac:dir="$target/config/rbac"
