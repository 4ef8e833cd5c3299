#!/usr/bin/env bash
# Copyright 2026 The Kiro Worker Authors.
# SPDX-License-Identifier: Apache-2.0

# Takes Kiro Worker off the cluster that kubectl points to, and leaves nothing hanging: whoever deletes manager and
# CRDs together deletes those who would stop builds and take finalizers off, and CRDs and namespaces stay in
# Terminating for ever. So the objects go first, while the manager runs.
# Usage: undeploy.sh all|crds
#   all    the objects, the CRDs, the manager with its rights and its namespace
#   crds   the objects and the CRDs
# KUBECTL is the kubectl to use; TIMEOUT how long each kind may take (default 15m: a build is stopped, and settles).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

what=${1:-}
case $what in all | crds) ;; *)
	echo "usage: hack/undeploy.sh all|crds" >&2
	exit 2
	;;
esac
kubectl=${KUBECTL:-kubectl}
timeout=${TIMEOUT:-15m}

# installed KIND says whether the cluster knows the kind.
installed() { [ -n "$("$kubectl" get crd "$1.kiro-worker.io" --ignore-not-found -o name)" ]; }

# left KIND COLUMNS lists what is left of a kind.
left() {
	if installed "$1"; then
		"$kubectl" get "$1.kiro-worker.io" -A --ignore-not-found -o "custom-columns=NAMESPACE:.metadata.namespace,$2" >&2
	fi
}

give_up() {
	cat >&2 <<-EOF

		undeploy: the $1 were not gone after $timeout. Nothing else was removed: the manager goes on, and so may these builds:

	EOF
	left workitems 'WORKITEM:.metadata.name,PHASE:.status.phase,BUILD:.status.attempt.build.arn'
	left workenvironments 'WORKENVIRONMENT:.metadata.name'
	cat >&2 <<-'EOF'

		What to do:
		  * Does a manager run? Only it can stop builds and let the objects go:
		      kubectl get pods -A -l app.kubernetes.io/name=kiro-worker
		  * Wait, and run this again. A build is stopped, and then its last request has to settle.
		  * Or force it. Builds that run go on until they find their lock lost, or to their end; stop them in the CodeBuild console:
		      kubectl annotate workitems.kiro-worker.io,workenvironments.kiro-worker.io --all -A kiro-worker.io/force-delete=true
		  * Where no manager runs any more, take the finalizers off by hand; what it names, nobody stops or frees then:
		      kubectl patch workitems.kiro-worker.io NAME -n NAMESPACE --type=merge -p '{"metadata":{"finalizers":null}}'
	EOF
	exit 1
}

# A source makes items, and an item needs its environment: in this order nothing comes back.
for kind in worksources workitems workenvironments; do
	if installed "$kind"; then
		echo "undeploy: deleting all $kind, in every namespace"
		"$kubectl" delete "$kind.kiro-worker.io" --all -A --wait --timeout="$timeout" || give_up "$kind"
	fi
done
echo "undeploy: deleting the CRDs"
"$kubectl" delete --ignore-not-found --wait --timeout="$timeout" -k config/crd
if [ "$what" = all ]; then
	echo "undeploy: deleting the manager"
	"$kubectl" delete --ignore-not-found --wait --timeout="$timeout" -k config/default
fi
