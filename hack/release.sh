#!/usr/bin/env bash
# Copyright 2026 The Kiro Worker Authors.
# SPDX-License-Identifier: Apache-2.0

# Makes everything that a release publishes, in dist/, and publishes nothing: the release workflow uploads what this makes.
# Usage: release.sh VERSION   (run by make release-dry-run; the tools are in bin/)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=${1:?usage: release.sh VERSION}
bin=$PWD/bin
dist=$PWD/dist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$dist"

# Helm and krew take semantic versions only. What is between two tags is made as a version before the first.
if [[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
	chart_version=${version#v}
else
	chart_version=0.0.0-$(tr -c '0-9A-Za-z\n' - <<<"$version" | sed 's/^0*/g/')
fi

echo "release: workflows"
"$bin/actionlint" .github/workflows/*.yaml .github/workflows/*.yml

echo "release: image and programs $version"
go -C hack/tools/release run ./build -root "$PWD" -out "$dist" -version "$version" -revision "$(git rev-parse HEAD)" -image -programs

echo "release: charts $chart_version"
mkdir "$work/charts"
cp -R charts/kiro-worker charts/kiro-worker-demo "$work/charts/"
# The annotation names the image of this release, as appVersion does.
for chart in kiro-worker kiro-worker-demo; do
	sed -i.bak -e "s|^version: .*|version: $chart_version|" -e "s|^appVersion: .*|appVersion: $version|" \
		-e "s|image: ghcr.io/kiro-worker/manager:.*|image: ghcr.io/kiro-worker/manager:$version|" "$work/charts/$chart/Chart.yaml"
	rm "$work/charts/$chart/Chart.yaml.bak"
done
# In the repository the demo has the other chart by a link.
rm "$work/charts/kiro-worker-demo/charts/kiro-worker"
cp -R "$work/charts/kiro-worker" "$work/charts/kiro-worker-demo/charts/"
runs() { # CHART IMAGE ARGUMENTS… fails unless the packaged chart runs the image
	local chart=$1 image=$2
	shift 2
	"$bin/helm" template kiro-worker "$dist/$chart-$chart_version.tgz" "$@" | grep -q "image: $image\$" ||
		{ echo "release: the packaged chart $chart does not run $image" >&2; exit 1; }
}
"$bin/helm" lint --strict "$work/charts/kiro-worker" --set clusterName=release >/dev/null
"$bin/helm" lint --strict "$work/charts/kiro-worker-demo" --namespace kiro-demo >/dev/null
for chart in kiro-worker kiro-worker-demo; do
	"$bin/helm" package "$work/charts/$chart" --destination "$dist" >/dev/null
done
runs kiro-worker "ghcr.io/kiro-worker/manager:$version" --set clusterName=release
runs kiro-worker-demo "ghcr.io/kiro-worker/manager:$version" --namespace kiro-demo
runs kiro-worker-demo "ghcr.io/kiro-worker/demo:$version" --namespace kiro-demo

echo "release: install.yaml"
digest=$(cat "$dist/images/manager.digest")
cp -R config "$work/config"
(cd "$work/config/manager" && "$bin/kustomize" edit set image "manager=ghcr.io/kiro-worker/manager:$version@$digest")
"$bin/kustomize" build "$work/config/default" >"$dist/install.yaml"

echo "release: checksums"
(cd "$dist" && sha256sum install.yaml workitem.krew.yaml ./*.tgz | sed 's|\./||' >>checksums.txt && sha256sum --check --quiet checksums.txt)

echo "release: publishing, rehearsed on a registry of this machine"
"$bin/crane" registry serve --address 127.0.0.1:0 >"$work/registry.log" 2>&1 &
registry=$!
trap 'kill "$registry" 2>/dev/null || true; rm -rf "$work"' EXIT
port=
for _ in $(seq 100); do
	port=$(sed -n 's/.*serving on port //p' "$work/registry.log")
	[ -z "$port" ] || break
	sleep 0.1
done
[ -n "$port" ] || { echo "release: the registry did not start: $(cat "$work/registry.log")" >&2; exit 1; }
hack/publish.sh "127.0.0.1:$port" "$version" 2>"$work/publish.log" >"$work/published" || { cat "$work/publish.log" >&2; exit 1; }
sed 's/^/  /' "$work/published"
# What people pull is what was made.
for chart in kiro-worker kiro-worker-demo; do
	"$bin/helm" pull "oci://127.0.0.1:$port/charts/$chart" --version "$chart_version" --plain-http --destination "$work" >/dev/null 2>&1
	cmp "$work/$chart-$chart_version.tgz" "$dist/$chart-$chart_version.tgz"
done

echo "release: made of $version, and published nowhere:"
(cd "$dist" && find . -type f -not -path './images/manager/blobs/*' | sort | sed 's|^\./|  |')
echo "  images/manager is $digest"
