#!/usr/bin/env bash
# Copyright 2026 The Kiro Worker Authors.
# SPDX-License-Identifier: Apache-2.0

# Makes a throw-away cluster with kind, builds the images, installs charts/kiro-worker-demo, and waits until every card on the emulated
# board has ended as it should. Where something is missing it says what, and makes nothing.
# Usage: cluster.sh   (run by make cluster, which sets VERSION, CONTAINER_TOOL and HELM)
# CLUSTER is the cluster's name; KEEP=1 leaves it when the cards are done, as a failure does, to look around.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=${VERSION:?}
tool=${CONTAINER_TOOL:-docker}
helm=${HELM:-helm}
name=${CLUSTER:-kiro-worker}
context=kind-$name
namespace=kiro-demo

missing=()
if ! command -v "$tool" >/dev/null; then
	missing+=("$tool: install it, or name another with CONTAINER_TOOL=podman.")
elif ! "$tool" info >/dev/null 2>&1; then
	missing+=("$tool: it is here, but its daemon does not answer ($tool info says why); start it.")
fi
command -v kind >/dev/null || missing+=("kind: install it from https://kind.sigs.k8s.io/.")
command -v kubectl >/dev/null || missing+=("kubectl: install it from https://kubernetes.io/docs/tasks/tools/.")
if [ ${#missing[@]} -gt 0 ]; then
	echo "make cluster: this machine lacks" >&2
	printf '  - %s\n' "${missing[@]}" >&2
	echo "Without them: \`make demo\` runs the same on this machine alone, and charts/kiro-worker-demo installs in any cluster that can pull its images." >&2
	exit 2
fi

made=
if ! kind get clusters 2>/dev/null | grep -qx "$name"; then
	kind create cluster --name "$name" --wait 180s
	made=1
fi
for target in manager demo; do
	"$tool" build --target "$target" --build-arg VERSION="$version" -t "kiro-worker/$target:$version" .
	kind load docker-image --name "$name" "kiro-worker/$target:$version"
done

"$helm" upgrade --install kiro-demo charts/kiro-worker-demo --kube-context "$context" --namespace "$namespace" --create-namespace \
	--set-string image.repository=kiro-worker/demo,image.tag="$version" \
	--set-string kiro-worker.image.repository=kiro-worker/manager,kiro-worker.image.tag="$version" --wait --timeout 5m
if ! "$helm" test kiro-demo --kube-context "$context" --namespace "$namespace" --logs --timeout 20m; then
	echo "make cluster: the cards did not end as they should. What runs, and what it says:" >&2
	kubectl --context "$context" --namespace "$namespace" get pods,workenvironments,worksources,workitems >&2 || true
	for deployment in kiro-worker-manager kiro-worker-demo; do
		kubectl --context "$context" --namespace "$namespace" logs "deployment/$deployment" --tail=100 >&2 || true
	done
	exit 1
fi
kubectl --context "$context" --namespace "$namespace" get workitems
if [ -n "$made" ] && [ -z "${KEEP:-}" ]; then
	kind delete cluster --name "$name"
else
	echo "The cluster stays: kubectl --context $context -n $namespace get workitems -w; kind delete cluster --name $name"
fi
