#!/usr/bin/env bash
# Copyright 2026 The Kiro Worker Authors.
# SPDX-License-Identifier: Apache-2.0

# Removes Kiro Worker from the cluster that kubectl points to, and leaves nothing behind. Deleting manager and CRDs
# together would also delete what stops builds and removes finalizers, and CRDs and namespaces would stay in Terminating
# for ever. So the objects go first, while the manager runs.
# Usage: undeploy.sh all|crds
#   all    the objects, the CRDs, the manager with its roles and its namespace
#   crds   the objects and the CRDs
# It names the context and the builds that run, and asks. CONFIRM is the answer of a script: the context's name.
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

# count KIND says how many objects there are.
count() {
	if installed "$1"; then "$kubectl" get "$1.kiro-worker.io" -A --ignore-not-found -o name | wc -l | tr -d ' '; else echo 0; fi
}

# confirm names what goes, and where, and ends the script unless a person, or CONFIRM, says the context's name.
confirm() {
	local context answer
	context=$("$kubectl" config current-context 2>/dev/null) || {
		echo "undeploy: no context is chosen; choose one: kubectl config use-context NAME" >&2
		exit 2
	}
	cat >&2 <<-EOF
		undeploy: the context is $context ($("$kubectl" config view --minify -o 'jsonpath={.clusters[0].cluster.server}'))
		undeploy: it goes, in every namespace: $(count worksources) sources, $(count workitems) work items, $(count workenvironments) environments, and their kinds$([ "$what" = crds ] || echo ", and the manager")
	EOF
	if installed workitems; then
		# Only those that run: what is over is only forgotten.
		local running
		running=$("$kubectl" get workitems.kiro-worker.io -A --ignore-not-found --no-headers \
			-o 'custom-columns=N:.metadata.namespace,W:.metadata.name,P:.status.phase,B:.status.attempt.build.arn' |
			awk '($3 == "Starting" || $3 == "Running" || $3 == "Concluding") && $4 != "<none>" { print "  " $1 "/" $2 "  " $4 }')
		if [ -n "$running" ]; then
			printf 'undeploy: these builds run, and are stopped:\n%s\n' "$running" >&2
		else
			echo "undeploy: no build runs" >&2
		fi
	fi
	if [ -n "${CONFIRM:-}" ]; then
		answer=$CONFIRM
	elif [ -t 0 ]; then
		read -r -p "undeploy: to go on, type the context's name: " answer
	else
		echo "undeploy: nothing was removed. If that is what you want, say so: CONFIRM=$context" >&2
		exit 2
	fi
	if [ "$answer" != "$context" ]; then
		echo "undeploy: nothing was removed: \"$answer\" is not the context $context" >&2
		exit 2
	fi
}

give_up() {
	cat >&2 <<-EOF

		undeploy: some $1 still exist after $timeout. Nothing else was removed. The manager runs on, and these builds may run:

	EOF
	left workitems 'WORKITEM:.metadata.name,PHASE:.status.phase,BUILD:.status.attempt.build.arn'
	left workenvironments 'WORKENVIRONMENT:.metadata.name'
	cat >&2 <<-'EOF'

		What to do:
		  * Check that a manager runs. Only it can stop builds and remove the finalizers:
		      kubectl get pods -A -l app.kubernetes.io/name=kiro-worker
		  * Wait, and run this again. After a build is stopped, its last request has to settle.
		  * Or force it. Builds that run go on to their end; stop them in the CodeBuild console:
		      kubectl annotate workitems.kiro-worker.io,workenvironments.kiro-worker.io --all -A kiro-worker.io/force-delete=true
		  * Where no manager runs any more, remove the finalizers by hand. Nothing stops the builds or frees the locks then:
		      kubectl patch workitems.kiro-worker.io NAME -n NAMESPACE --type=merge -p '{"metadata":{"finalizers":null}}'
	EOF
	exit 1
}

confirm
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
