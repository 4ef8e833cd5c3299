#!/usr/bin/env bash
# Copyright 2026 The Kiro Worker Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Fetches the schema that schema.graphql.gz is made of. See README.md.
set -euo pipefail
version="${1:?usage: generate.sh VERSION}"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "@octokit/graphql-schema@${version}" >/dev/null
tar xzf ./*.tgz
gzip -9 -n -c package/schema.graphql >"$here/schema.graphql.gz"
cp package/LICENSE.md "$here/SCHEMA-LICENSE.md"
