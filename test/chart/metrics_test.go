// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// metricsAreVerified: what the chart's ServiceMonitor says is enough to scrape the manager with its certificate verified: the authority
// from the Secret that it names, its server name, and a token of an account that metrics.scrapers names.
func metricsAreVerified(t *testing.T, c *cluster, values string) {
	set := "metrics.tls.mode=helm,metrics.serviceMonitor.enabled=true"
	c.helm(t, "upgrade", release, chartDir, "--values", values, "--set", "metrics.tls.mode=helm")
	monitor := find(t, objects(t, render(t, "--values", values, "--set", set, "--show-only", "templates/monitors.yaml")), "ServiceMonitor", "kiro-worker-manager")
	var spec struct {
		Endpoints []struct {
			Scheme, Path, BearerTokenFile string
			TLSConfig                     struct {
				ServerName         string
				InsecureSkipVerify bool
				CA                 struct {
					Secret struct{ Name, Key string }
				}
			}
		}
	}
	convertJSON(t, monitor.Object["spec"], &spec)
	endpoint := spec.Endpoints[0]
	if endpoint.Scheme != "https" || endpoint.TLSConfig.InsecureSkipVerify || endpoint.BearerTokenFile == "" {
		t.Fatalf("the monitor scrapes by %+v", endpoint)
	}
	secret := corev1.Secret{}
	if err := json.Unmarshal([]byte(c.kubectl(t, "", "get", "secret", endpoint.TLSConfig.CA.Secret.Name, "--namespace", namespace, "-o", "json")), &secret); err != nil {
		t.Fatal(err)
	}
	// Where the Deployment mounts the Secret.
	mounted := t.TempDir()
	for key, value := range secret.Data {
		if err := os.WriteFile(filepath.Join(mounted, key), value, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	manager := c.startManager(t, "--metrics-cert-dir="+mounted)
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(secret.Data[endpoint.TLSConfig.CA.Secret.Key]) {
		t.Fatalf("the Secret's %s holds no certificate", endpoint.TLSConfig.CA.Secret.Key)
	}
	_, token := c.as(t, team, "scraper")
	scrape := func(roots *x509.CertPool, server string) error {
		client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: server}}}
		code, body, err := get(client, "https://"+manager.metrics+endpoint.Path, token)
		if err == nil && (code != http.StatusOK || !strings.Contains(body, "kiro_worker_build_info{")) {
			err = fmt.Errorf("%d, %s", code, body)
		}
		return err
	}
	eventually(t, "a scrape that verifies the certificate", func() error { return scrape(authorities, endpoint.TLSConfig.ServerName) })
	if err := scrape(authorities, "another.name.svc"); err == nil {
		t.Error("the certificate is taken for another server's")
	}
	if err := scrape(x509.NewCertPool(), endpoint.TLSConfig.ServerName); err == nil {
		t.Error("the certificate is taken without its authority")
	}
}
