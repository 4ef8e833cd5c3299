// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
)

// Whoever reads an audit log of AWS's or GitHub's sees which version of which program called. (That the API server does is seen
// in the audit log of the demo by the chart: test/chart.)
func TestUserAgents(t *testing.T) {
	var mu sync.Mutex
	agents := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		agents[r.URL.Path] = r.Header.Get("User-Agent")
		w.WriteHeader(http.StatusForbidden)
	}))
	defer server.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "none")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "github", Namespace: "team"}, Data: map[string][]byte{"token": []byte("ghp_x")}}
	clients, err := newResolver(fake.NewClientBuilder().WithObjects(secret).Build(),
		options{clusterName: "prod", allowedEndpoints: []string{server.URL}, ownIdentity: []string{"team"}})
	if err != nil {
		t.Fatal(err)
	}
	access := v1alpha1.AWSAccess{Region: "eu-central-1", EndpointURL: server.URL}
	table, err := clients.Table(t.Context(), "team", access, "locks")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Rows(t.Context(), []string{"slot#p#0"}); err == nil {
		t.Error("a refusal was taken for an answer")
	}
	environment := &v1alpha1.WorkEnvironment{Spec: v1alpha1.WorkEnvironmentSpec{AWS: access}}
	source := &v1alpha1.WorkSource{ObjectMeta: metav1.ObjectMeta{Namespace: "team"}}
	source.Spec.GitHub = v1alpha1.GitHubSource{
		APIURL: server.URL, Credentials: v1alpha1.Credentials{SecretRef: &v1alpha1.SecretReference{Name: "github"}},
	}
	cards, err := clients.Board(t.Context(), source, environment)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cards.Resolve(t.Context(), board.Ref{Owner: "acme", ProjectNumber: 1}); err == nil {
		t.Error("a refusal was taken for an answer")
	}
	if len(agents) != 2 {
		t.Fatalf("AWS and GitHub were called at %v", agents)
	}
	for path, agent := range agents {
		if !slices.Contains(strings.Fields(agent), "kiro-worker-manager/"+version) {
			t.Errorf("at %s it calls itself %q, want kiro-worker-manager/%s among it", path, agent, version)
		}
	}
}

func TestBuildInfo(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(buildInfo())
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetName() != "kiro_worker_build_info" {
		t.Fatalf("%v, %v", families, err)
	}
	labels := map[string]string{}
	for _, l := range families[0].GetMetric()[0].GetLabel() {
		labels[l.GetName()] = l.GetValue()
	}
	if labels["version"] != version || labels["go_version"] == "" || families[0].GetMetric()[0].GetGauge().GetValue() != 1 {
		t.Errorf("%v", families[0])
	}
}
