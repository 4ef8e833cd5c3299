// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"strings"
	"testing"
)

// TestWrongValues: each is refused before anything is installed, and the message names the value.
func TestWrongValues(t *testing.T) {
	cases := []struct {
		set  string // as --set takes it; json: as --set-json does
		says string
	}{
		{"clusterName=", "clusterName"},
		{"clusterName=default", "clusterName"},
		{"clusterName=prod/eu", "/clusterName"},
		{"json:clusterName=7", "/clusterName"},
		{"clustername=prod", "'clustername'"},
		{"json:namespaces=\"team\"", "/namespaces"},
		{"namespaces[0]=Team", "/namespaces/0"},
		{"json:namespaces=[\"a\",\"a\"]", "/namespaces"},
		{"fullnameOverride=Kiro", "/fullnameOverride"},
		{"json:commonLabels={\"a\":1}", "/commonLabels/a"},
		{"crds.enable=true", "'enable'"},
		{"crds.keep=sure", "/crds/keep"},
		{"image.digest=sha256:123", "/image/digest"},
		{"image.repository=manager:v1", "/image/repository"},
		{"image.pullPolicy=Sometimes", "/image/pullPolicy"},
		{"imagePullSecrets[0]=registry", "/imagePullSecrets/0"},
		{"replicas=two", "/replicas"},
		{"replicas=-1", "/replicas"},
		{"logLevel=trace", "/logLevel"},
		{"concurrency=0", "/concurrency"},
		{"externalIDs.Team[0]=agreed", "'Team'"},
		{"externalIDs.team=agreed", "/externalIDs/team"},
		{"json:externalIDs={\"team\":[\"a,b\"]}", "/externalIDs/team/0"},
		{"ownIdentityNamespaces[0]=Team", "/ownIdentityNamespaces/0"},
		{"extraArgs[0]=watch-interval=1s", "/extraArgs/0"},
		{"extraEnv[0].nam=A", "/extraEnv/0"},
		{"allowedEndpoints[0]=github.example.com", "/allowedEndpoints/0"},
		{"allowedEndpoints[0]=https://github.example.com/api", "/allowedEndpoints/0"},
		{"proxy.https=proxy.example.com:3128", "/proxy/https"},
		{"proxy.no_proxy=x", "'no_proxy'"},
		{"caBundle.configMapName=a,caBundle.secretName=b", "caBundle.configMapName and caBundle.secretName"},
		{"serviceAccount.roleARN=kiro-worker", "/serviceAccount/roleARN"},
		{"serviceAccount.create=false", "serviceAccount.name is empty"},
		{"rbac.aggregate=false", "'aggregate'"},
		{"secrets.access=all", "/secrets/access"},
		{"json:secrets.names=[]", "secrets.names is empty"},
		{"resources.limits.memory=plenty", "/resources/limits/memory"},
		{"resources.limits.memory=500m", "resources.limits.memory"},
		{"resources.limit.memory=1Gi", "'limit'"},
		{"podDisruptionBudget.minAvailable=1", "'minAvailable'"},
		{"affinity.podAntiAffinty.x=1", "'podAntiAffinty'"},
		{"terminationGracePeriodSeconds=0", "/terminationGracePeriodSeconds"},
		{"networkPolicy.apiServerPorts[0]=70000", "/networkPolicy/apiServerPorts/0"},
		{"metrics.port=0", "/metrics/port"},
		{"metrics.scrapers[0].name=prometheus", "/metrics/scrapers/0"},
		{"metrics.tls.mode=self-signed", "/metrics/tls/mode"},
		{"metrics.tls.mode=secret", "metrics.tls.secretName is empty"},
		{"metrics.tls.issuerRef.kind=CA", "/metrics/tls/issuerRef/kind"},
		{"metrics.serviceMonitor.enabled=true", "metrics.tls.mode is self"},
		{"metrics.tls.mode=helm,metrics.serviceMonitor.enabled=true,metrics.podMonitor.enabled=true", "metrics.serviceMonitor.enabled and metrics.podMonitor.enabled"},
		{"metrics.enabled=false,metrics.podMonitor.enabled=true", "metrics.enabled is false"},
		{"metrics.serviceMonitor.interval=often", "/metrics/serviceMonitor/interval"},
		{"flowSchema.matchingPrecedence=0", "/flowSchema/matchingPrecedence"},
		{"admissionPolicies.maxPriority=5000", "/admissionPolicies/maxPriority"},
		{"environments[0].name=staging", "/environments/0"},
		{"environments[0].name=staging,environments[0].spec.teir=staging", "'teir'"},
		{"environments[0].name=staging,environments[0].spec.concurrency=500", "/environments/0/spec/concurrency"},
		{"sources[0].name=board,sources[0].spec.github.projectNumber=first", "/sources/0/spec/github/projectNumber"},
		{"sources[0].spec.suspend=true", "/sources/0"},
	}
	for _, tc := range cases {
		t.Run(tc.set, func(t *testing.T) {
			args := []string{"--set", "clusterName=prod", "--set", tc.set}
			if json, ok := strings.CutPrefix(tc.set, "json:"); ok {
				args = []string{"--set-json", `clusterName="prod"`, "--set-json", json}
			}
			for _, helm := range helms {
				_, stderr, err := templateBy(t, helm, args...)
				switch {
				case err == nil:
					t.Errorf("%s renders it", helm)
				case !strings.Contains(stderr, tc.says):
					t.Errorf("the message of %s does not name the value; want %q in:\n%s", helm, tc.says, stderr)
				}
			}
		})
	}
}
