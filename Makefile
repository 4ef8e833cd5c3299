# Everything that people and machines do with this repository. `make` lists it.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# What a caller's shell sets for other projects (-mod=vendor, -race) must not change what is built here.
export GOFLAGS := -buildvcs=false
export GOWORK := off

BIN := $(CURDIR)/bin
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -X main.version=$(VERSION)
IMG ?= kiro-worker/manager:$(VERSION)
WORKER_IMG ?= kiro-worker/worker:$(VERSION)
CONTAINER_TOOL ?= docker

# The control plane of tests and demo: KUBEBUILDER_ASSETS if set, else found, fetched or built by hack/assets.
ASSETS = $$(go run ./hack/assets)

##@ General

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN {FS = ":.*## "; print "Usage: make <target>"} \
		/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) }' $(MAKEFILE_LIST)

##@ Try it

.PHONY: demo
demo: ## Run the whole system on this machine on seven sample cards in two repositories. KEEP=1 stays up; AGENT=kiro uses the real kiro-cli.
	@hack/preflight.sh demo
	@assets="$(ASSETS)"; $(MAKE) --no-print-directory build; \
		exec env KUBEBUILDER_ASSETS="$$assets" KIRO_LOCAL_DIE_WITH_PARENT=1 $(BIN)/kiro-local demo $(if $(KEEP),--keep) $(if $(AGENT),--agent=$(AGENT))

.PHONY: observe
observe: $(BIN)/prometheus ## Run the demo under a real Prometheus with the alerts, plant faults, and show which alert tells of each. KEEP=1; PICTURES=docs/images.
	@hack/preflight.sh demo
	@assets="$(ASSETS)"; $(MAKE) --no-print-directory build; \
		exec env KUBEBUILDER_ASSETS="$$assets" KIRO_LOCAL_DIE_WITH_PARENT=1 $(BIN)/kiro-local observe $(if $(KEEP),--keep) $(if $(PICTURES),--pictures=$(PICTURES))

.PHONY: trace-demo
trace-demo: ## Run the demo, and write the trace of its first card as a tree.
	@hack/preflight.sh demo
	@assets="$(ASSETS)"; $(MAKE) --no-print-directory build; \
		exec env KUBEBUILDER_ASSETS="$$assets" KIRO_LOCAL_DIE_WITH_PARENT=1 $(BIN)/kiro-local trace

.PHONY: local
local: ## Run the worker on a checkout of the sample repository, without AWS or GitHub. SPEC=shipping tries another spec; AGENT=kiro.
	@hack/preflight.sh demo
	@$(MAKE) --no-print-directory build
	@hack/local.sh $(BIN) $(SPEC)

##@ Work on it

.PHONY: build
build: ## Build the programs into bin/.
	@hack/preflight.sh build
	@mkdir -p $(BIN)
	go build -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/...

# What the chart's tests run. With PKG they are built by chart-test alone.
CHART_TOOLS := $(BIN)/helm $(BIN)/helm3 $(BIN)/kubeconform $(BIN)/kustomize

# What the tests of alerts and dashboards run.
MONITORING_TOOLS := $(BIN)/promtool $(BIN)/prometheus

.PHONY: test
test: $(if $(PKG),,$(CHART_TOOLS) $(MONITORING_TOOLS) build) ## Run every test, with the race detector, in random order.
	@hack/preflight.sh test
	@assets="$(ASSETS)"; set -x; KUBEBUILDER_ASSETS="$$assets" CHART_TOOLS=$(BIN) MONITORING_TOOLS=$(BIN) go test -race -shuffle=on -timeout=20m $(TESTFLAGS) $(or $(PKG),./...)
ifndef PKG
	@# Modules of their own, so that what they compare with reaches no product: ./... does not enter them.
	@for module in $$(git ls-files 'test/bench/*/go.mod' | xargs -n 1 dirname); do \
		(set -x; go -C "$$module" test -timeout=20m ./...); \
	done
endif

.PHONY: deflake
deflake: $(if $(PKG),,$(CHART_TOOLS) $(MONITORING_TOOLS) build) ## Run the tests again and again until one fails. N=20 sets how often, PKG=./internal/... which.
	@hack/preflight.sh test
	@assets="$(ASSETS)"; export KUBEBUILDER_ASSETS="$$assets" CHART_TOOLS=$(BIN) MONITORING_TOOLS=$(BIN); \
	for i in $$(seq 1 $(or $(N),20)); do \
		echo "deflake: run $$i of $(or $(N),20)"; \
		go test -race -shuffle=on -count=1 -timeout=20m $(TESTFLAGS) $(or $(PKG),./...); \
	done

.PHONY: bench
bench: ## Measure redaction and the worker's overhead. One line per measure: name, value, unit, ratio. BENCH=overhead chooses; BENCH=scale [SMALL=1] measures long queues.
	@hack/preflight.sh test
	@$(MAKE) --no-print-directory build >&2
	@$(if $(filter redact,$(or $(BENCH),redact)),go -C test/bench/redact run .)
	@$(if $(filter overhead,$(or $(BENCH),overhead)),go run ./test/bench/overhead -bin $(BIN))
	@$(if $(filter scale,$(BENCH)),assets="$(ASSETS)"; go build -o $(BIN)/bench-scale ./test/bench/scale && \
		KUBEBUILDER_ASSETS="$$assets" $(BIN)/bench-scale -bin $(BIN) $(if $(SMALL),-small) $(if $(SIZES),-sizes=$(SIZES)) $(if $(ONLY),-only=$(ONLY)))

.PHONY: chaos
chaos: ## Simulate the protocols over SEEDS=10000 seeds. FIRST=n SEEDS=1 VERBOSE=1 prints the history of seed n.
	@hack/preflight.sh build
	@go run ./test/chaos/cmd -seeds=$(or $(SEEDS),10000) -first=$(or $(FIRST),1) $(if $(VERBOSE),-v)

.PHONY: chaos-mutants
chaos-mutants: ## Remove each protection and show how soon the simulation notices.
	@hack/preflight.sh build
	go test ./test/chaos -run TestMutantsAreCaught -mutants -v -count=1 -timeout=60m

.PHONY: conformance
conformance: ## Try the ports on the AWS account (and GitHub) that the environment names: docs/deployment/conformance.md. Asks first.
	go run ./test/conformance/cmd $(CONFORMANCE_ARGS)

.PHONY: chaos-real
chaos-real: ## Kill, freeze and cut off real processes at every point of a card's way. PARALLEL=4 worlds at once.
	@hack/preflight.sh test
	@assets="$(ASSETS)"; $(MAKE) --no-print-directory build; \
		KUBEBUILDER_ASSETS="$$assets" go run ./test/chaosreal/cmd -bin=$(BIN) -parallel=$(or $(PARALLEL),4) $(if $(ONLY),-only='$(ONLY)')

.PHONY: chart-test
chart-test: $(CHART_TOOLS) ## Check the Helm chart: its values, what it renders, and that it installs, upgrades and goes. UPDATE=1 accepts renders.
	@hack/preflight.sh test
	@assets="$(ASSETS)"; $(MAKE) --no-print-directory build; \
		KUBEBUILDER_ASSETS="$$assets" CHART_TOOLS=$(BIN) go test ./test/chart -count=1 -timeout=20m $(TESTFLAGS) $(if $(UPDATE),-update)

.PHONY: generate
generate: $(BIN)/controller-gen ## Generate deep copies, CRDs, RBAC and what the chart has of them from the code.
	hack/generate.sh $(BIN)/controller-gen $(CURDIR)
	go run ./hack/chart charts/kiro-worker

.PHONY: redact-rules
redact-rules: ## Take the newest rules of gitleaks for redaction. Look at what changed, and measure: make bench BENCH=redact.
	go -C hack/redactrules get github.com/zricethezav/gitleaks/v8@latest
	go -C hack/redactrules mod tidy
	go generate ./internal/redact

.PHONY: monitoring
monitoring: ## Write thresholds, PrometheusRule and dashboards, in config and in the chart, from alerts, values and panels.
	go run ./hack/monitoring .
	go run ./hack/chart charts/kiro-worker

.PHONY: monitoring-test
monitoring-test: $(BIN)/promtool ## Test the alerts with promtool.
	MONITORING_TOOLS=$(BIN) go test -count=1 ./test/monitoring ./hack/monitoring

.PHONY: metrics-docs
metrics-docs: ## Write docs/metrics.md from what the code declares.
	UPDATE_DOCS=1 go test -count=1 -run TestMetricsPage ./cmd/manager

.PHONY: manifests
manifests: generate ## The same as generate.

.PHONY: chart
chart: $(BIN)/helm-docs ## Generate what is generated in the chart: CRDs, rules, schema and README.
	go run ./hack/chart charts/kiro-worker
	$(BIN)/helm-docs --chart-search-root charts --sort-values-order file --log-level warning

.PHONY: fmt
fmt: $(BIN)/golangci-lint ## Format the code.
	$(BIN)/golangci-lint fmt ./...

.PHONY: lint
lint: $(BIN)/golangci-lint ## Run the linters, import fences included.
	$(BIN)/golangci-lint run ./...

.PHONY: verify
verify: verify-generated verify-chart verify-tidy verify-manifests verify-workflows vet lint vulncheck infra-test ## Check everything that is not a test. Fails if generated code differs.
	@echo "verify: all good"

.PHONY: verify-generated
verify-generated: $(BIN)/controller-gen
	@echo "verify: generated code"
	@hack/verify-generated.sh $(BIN)/controller-gen

.PHONY: verify-chart
verify-chart: $(BIN)/helm-docs
	@echo "verify: chart"
	@hack/verify-chart.sh $(BIN)/helm-docs

.PHONY: verify-tidy
verify-tidy:
	@echo "verify: go.mod and go.sum"
	@for module in $$(git ls-files go.mod '*/go.mod' | xargs -n 1 dirname); do \
		go -C "$$module" mod tidy -diff || { echo "verify: $$module is not tidy; run: go -C $$module mod tidy" >&2; exit 1; }; \
	done

.PHONY: verify-manifests
verify-manifests: $(BIN)/kustomize
	@echo "verify: manifests build"
	@for overlay in config/default config/namespaced config/crd config/samples config/prometheus config/grafana config/network-policy; do \
		$(BIN)/kustomize build "$$overlay" >/dev/null || { echo "verify: $$overlay does not build" >&2; exit 1; }; \
	done

.PHONY: verify-workflows
verify-workflows: $(BIN)/actionlint
	@echo "verify: workflows"
	@$(BIN)/actionlint .github/workflows/*.yml .github/workflows/*.yaml

.PHONY: vet
vet:
	go vet ./...

.PHONY: vulncheck
vulncheck: $(BIN)/govulncheck
	@hack/vulncheck.sh $(BIN)/govulncheck

.PHONY: clean
clean: ## Remove what was built here. The control plane's cache stays.
	rm -rf $(BIN) dist

##@ Run it on a cluster

.PHONY: cluster
cluster: $(BIN)/helm ## Make a cluster with kind, install the demo's chart in it and wait for its cards. CLUSTER=kiro-worker; KEEP=1 leaves it.
	@VERSION=$(VERSION) CONTAINER_TOOL=$(CONTAINER_TOOL) HELM=$(BIN)/helm hack/cluster.sh

.PHONY: install
install: ## Install the CRDs into the cluster that kubectl points to.
	kubectl apply --server-side -k config/crd

.PHONY: uninstall
uninstall: ## Delete every object of these kinds, stopping their builds, and then the CRDs. Asks first; CONFIRM=context, TIMEOUT=15m.
	@hack/undeploy.sh crds

.PHONY: deploy
deploy: $(BIN)/kustomize ## Deploy the manager as IMG, in a cluster that is called CLUSTER_NAME.
	@[ -n "$(CLUSTER_NAME)" ] || { echo "make deploy: give CLUSTER_NAME=…, a name that no other cluster has, such as prod-eu-1" >&2; exit 2; }
	@work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; cp -R config "$$work/"; \
		cd "$$work/config/manager" && $(BIN)/kustomize edit set image manager=$(IMG) && \
		$(BIN)/kustomize edit add patch --kind Deployment --name manager \
			--patch '[{"op": "replace", "path": "/spec/template/spec/containers/0/env/0/value", "value": "$(CLUSTER_NAME)"}]' && \
		kubectl apply --server-side -k ../default

.PHONY: undeploy
undeploy: ## The same, and then remove the manager.
	@hack/undeploy.sh all

.PHONY: docker-build
docker-build: ## Build the images of the manager and of the builds.
	$(CONTAINER_TOOL) build --target manager --build-arg VERSION=$(VERSION) -t $(IMG) .
	$(CONTAINER_TOOL) build --target kiro-worker --build-arg VERSION=$(VERSION) -t $(WORKER_IMG) .

##@ Release it

# What is published is built with these alone; see hack/tools/release/build.
RELEASE_BUILD = go -C hack/tools/release run ./build -root $(CURDIR) -out $(CURDIR)/dist -version $(VERSION) -revision $$(git rev-parse HEAD)

.PHONY: image-oci
image-oci: ## Build the manager's image for amd64 and arm64 as an OCI layout, dist/images/manager, without Docker.
	@hack/preflight.sh build
	@$(RELEASE_BUILD) -image
	@echo "dist/images/manager is $$(cat dist/images/manager.digest)"

.PHONY: image-push
image-push: $(BIN)/crane ## Build that image and push it as IMG=registry/manager:tag, without Docker.
	@[ "$(origin IMG)" != file ] || { echo "make image-push: give IMG=REGISTRY/manager:TAG, where your cluster pulls it" >&2; exit 2; }
	@$(MAKE) --no-print-directory image-oci
	$(BIN)/crane push dist/images/manager $(IMG)

.PHONY: image-test
image-test: ## Build that image twice, compare the digests, and run the manager from it.
	go -C hack/tools/release test ./build -count=1 -v -timeout=60m

.PHONY: release-dry-run
release-dry-run: $(BIN)/helm $(BIN)/kustomize $(BIN)/actionlint $(BIN)/crane ## Make everything that a release publishes in dist/, and publish nothing. VERSION=v1.2.3.
	@hack/preflight.sh build
	@hack/release.sh $(VERSION)

##@ AWS

INFRA_READY := infra/node_modules/.package-lock.json
$(INFRA_READY): infra/package.json infra/package-lock.json
	@hack/preflight.sh test
	npm --prefix infra ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: infra-test
infra-test: $(INFRA_READY) ## Check the AWS side: types, constructs, AWS Solutions' rules, and that infra/templates is up to date.
	npm --prefix infra run --silent check
	npm --prefix infra test --silent

.PHONY: infra-synth
infra-synth: $(INFRA_READY) ## Synthesise the stacks of TIER=production (default: all tiers) into infra/cdk.out. Needs no account.
	@npm --prefix infra run --silent synth -- $(TIER)

.PHONY: infra-templates
infra-templates: $(INFRA_READY) ## Write infra/templates and infra/policies from infra/config.yaml.
	@npm --prefix infra run --silent templates

.PHONY: infra-diff
infra-diff: $(INFRA_READY) ## Fail if infra/templates or infra/policies differ from what infra/config.yaml makes.
	@npm --prefix infra run --silent diff

.PHONY: infra-permissions
infra-permissions: ## Write docs/deployment/iam-permissions.md, after trying the policies on every recorded call.
	UPDATE_DOCS=1 go test -count=1 ./test/infra

.PHONY: infra-calls
infra-calls: ## Run the demo and the rarer calls, and write down what AWS is asked for: test/infra/testdata.
	@hack/preflight.sh test
	@assets="$(ASSETS)"; KUBEBUILDER_ASSETS="$$assets" UPDATE_CALLS=1 go test -count=1 -run 'TestDemo|TestRareCalls' ./test/e2e ./test/infra

##@ Tools

define build-tool
	@mkdir -p $(BIN)
	@echo "building $(@F) (once)"
	@go build -C $(1) -o $@ $(tool)
	@touch $@
endef

.PHONY: assets
assets: ## Make sure that kube-apiserver, etcd and kubectl are on this machine, and print where they are.
	@go run ./hack/assets

.PHONY: tools
tools: $(BIN)/controller-gen $(BIN)/golangci-lint $(BIN)/govulncheck $(BIN)/kustomize $(BIN)/gotestsum ## Build the tools into bin/.

# Each is built from the pinned module, and again only when that changes.
$(BIN)/helm: tool = helm.sh/helm/v4/cmd/helm
$(BIN)/helm3: tool = helm.sh/helm/v3/cmd/helm
$(BIN)/helm-docs: tool = github.com/norwoodj/helm-docs/cmd/helm-docs
$(BIN)/kubeconform: tool = github.com/yannh/kubeconform/cmd/kubeconform
$(BIN)/crane: tool = github.com/google/go-containerregistry/cmd/crane
$(BIN)/helm $(BIN)/helm3 $(BIN)/helm-docs $(BIN)/kubeconform $(BIN)/crane: hack/tools/release/go.mod hack/tools/release/go.sum
	$(call build-tool,hack/tools/release)

# Without discovery of services at this and that cloud, which takes as long to build as all the rest.
$(BIN)/promtool: tool = -tags=remove_all_sd github.com/prometheus/prometheus/cmd/promtool
$(BIN)/prometheus: tool = -tags=remove_all_sd github.com/prometheus/prometheus/cmd/prometheus
$(BIN)/promtool $(BIN)/prometheus: hack/tools/prometheus/go.mod hack/tools/prometheus/go.sum
	$(call build-tool,hack/tools/prometheus)

$(BIN)/actionlint: tool = github.com/rhysd/actionlint/cmd/actionlint
$(BIN)/actionlint: hack/tools/actionlint/go.mod hack/tools/actionlint/go.sum
	$(call build-tool,hack/tools/actionlint)

$(BIN)/controller-gen: tool = sigs.k8s.io/controller-tools/cmd/controller-gen
$(BIN)/golangci-lint: tool = github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(BIN)/govulncheck: tool = golang.org/x/vuln/cmd/govulncheck
$(BIN)/kustomize: tool = sigs.k8s.io/kustomize/kustomize/v5
$(BIN)/gotestsum: tool = gotest.tools/gotestsum
$(BIN)/%: hack/tools/go.mod hack/tools/go.sum
	$(call build-tool,hack/tools)
