#!/usr/bin/env bash
# Copyright 2026 The Kiro Worker Authors.
# SPDX-License-Identifier: Apache-2.0

# Pushes what release.sh made in dist/ to a registry: the manager's image and the charts. It prints a line for each, its name and its
# digest, for whoever signs them. release.sh rehearses it on a registry of this machine.
# Usage: publish.sh REGISTRY VERSION   (the tools are in bin/, and logged in)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

registry=${1:?usage: publish.sh REGISTRY VERSION}
version=${2:?usage: publish.sh REGISTRY VERSION}
crane=bin/crane
insecure=() plain=()
case $registry in 127.0.0.1:*) insecure=(--insecure) plain=(--plain-http) ;; esac

digest=$(cat dist/images/manager.digest)
"$crane" push ${insecure[@]+"${insecure[@]}"} dist/images/manager "$registry/manager:$version" >&2
# What was made here is what is there.
pushed=$("$crane" digest ${insecure[@]+"${insecure[@]}"} "$registry/manager:$version")
[ "$pushed" = "$digest" ] || { echo "publish: $registry/manager:$version is $pushed, and not $digest, which was made" >&2; exit 1; }
echo "manager $digest"

for chart in kiro-worker kiro-worker-demo; do
	file=$(ls dist/"$chart"-[0-9]*.tgz)
	bin/helm push ${plain[@]+"${plain[@]}"} "$file" "oci://$registry/charts" >&2
	tag=${file#dist/"$chart"-}
	tag=${tag%.tgz}
	# A + of a version is a _ in a registry's tag.
	echo "charts/$chart $("$crane" digest ${insecure[@]+"${insecure[@]}"} "$registry/charts/$chart:${tag//+/_}")"
done
