// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// patience is how long something may take that has no reason to take long.
const patience = 3 * time.Minute

// eventually fails the test unless check returns nil within patience.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// cluster is an API server with an administrator's access.
type cluster struct {
	kubectlPath, kubeconfig string
	config                  *rest.Config
}

func ownCluster(t *testing.T) *cluster {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, plane.Kubeconfig, 0o600); err != nil {
		t.Fatal(err)
	}
	return &cluster{kubectlPath: plane.Kubectl, kubeconfig: path, config: plane.Config}
}

// try runs kubectl with an input.
func (c *cluster) try(t *testing.T, input string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.kubectlPath, append([]string{"--kubeconfig", c.kubeconfig}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (c *cluster) kubectl(t *testing.T, input string, args ...string) string {
	t.Helper()
	out, err := c.try(t, input, args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (c *cluster) helm(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, err := tool(t.Context(), "helm", append(args, "--namespace", namespace, "--kubeconfig", c.kubeconfig)...)
	if err != nil {
		t.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), err, stderr)
	}
	return stdout
}

// as writes a kubeconfig of a service account, with a token that the API server gives.
func (c *cluster) as(t *testing.T, accountNamespace, account string) (kubeconfig, token string) {
	t.Helper()
	token = strings.TrimSpace(c.kubectl(t, "", "create", "token", account, "--namespace", accountNamespace, "--duration=1h"))
	config := api.NewConfig()
	config.Clusters["c"] = &api.Cluster{Server: c.config.Host, CertificateAuthorityData: c.config.CAData}
	config.AuthInfos["u"] = &api.AuthInfo{Token: token}
	config.Contexts["x"] = &api.Context{Cluster: "c", AuthInfo: "u"}
	config.CurrentContext = "x"
	kubeconfig = filepath.Join(t.TempDir(), account)
	if err := clientcmd.WriteToFile(*config, kubeconfig); err != nil {
		t.Fatal(err)
	}
	return kubeconfig, token
}

// deployment is the manager's, as the API server has it.
func (c *cluster) deployment(t *testing.T) *appsv1.Deployment {
	t.Helper()
	d := &appsv1.Deployment{}
	out := c.kubectl(t, "", "get", "deployment", "kiro-worker-manager", "--namespace", namespace, "-o", "json")
	if err := json.Unmarshal([]byte(out), d); err != nil {
		t.Fatal(err)
	}
	return d
}

// managerProcess is the manager outside of the cluster: with the Deployment's arguments and environment and its service
// account's token.
type managerProcess struct {
	probes, metrics string // addresses
	pid             int
	log             *buffer
}

func (c *cluster) startManager(t *testing.T, more ...string) *managerProcess {
	t.Helper()
	container := c.deployment(t).Spec.Template.Spec.Containers[0]
	kubeconfig, _ := c.as(t, namespace, c.deployment(t).Spec.Template.Spec.ServiceAccountName)
	p := &managerProcess{probes: freeAddress(t), metrics: freeAddress(t), log: &buffer{}}
	// What a pod knows from where it runs is said to a process outside: where the API server is, which namespace is its own,
	// and which addresses of this machine are free. The last flag of a name counts.
	args := append([]string{}, container.Args...)
	args = append(args, "--kubeconfig="+kubeconfig, "--leader-elect-namespace="+namespace,
		"--health-probe-bind-address="+p.probes, "--metrics-bind-address="+p.metrics)
	args = append(args, more...)
	cmd := exec.Command(filepath.Join(tools, "manager"), args...)
	cmd.Env = []string{"AWS_ACCESS_KEY_ID=AKIATEST", "AWS_SECRET_ACCESS_KEY=none", "AWS_EC2_METADATA_DISABLED=true", "HOME=" + t.TempDir()}
	for _, e := range container.Env {
		if e.ValueFrom == nil {
			cmd.Env = append(cmd.Env, e.Name+"="+e.Value)
		}
	}
	cmd.Stdout, cmd.Stderr = p.log, p.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.pid = cmd.Process.Pid
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the manager's log:\n%s", p.log)
		}
	})
	eventually(t, "the manager is ready", func() error {
		for _, path := range []string{"/healthz", "/readyz"} {
			if code, _, err := get(http.DefaultClient, "http://"+p.probes+path, ""); err != nil || code != http.StatusOK {
				return fmt.Errorf("%s: %d, %w\n%s", path, code, err, p.log)
			}
		}
		return nil
	})
	return p
}

func get(client *http.Client, url, token string) (int, string, error) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// buffer is a log that is read while it is written.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
