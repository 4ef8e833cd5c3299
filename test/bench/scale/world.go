// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/controlplane"
)

const namespace = "scale"

// world is an API server, the emulators, and a manager that is started and killed as a measure wants.
type world struct {
	addresses
	dir       string
	bin       string
	plane     *controlplane.ControlPlane
	emulators *process
	manager   *process
	apiServer int // its process
	metrics   string
	profiles  string // directory; empty is none
	pprof     string // address of the manager's profiles; empty is none
	client    client.Client
	server    rest.Interface
	made      int // items
}

func openWorld(ctx context.Context, p plan) (*world, error) {
	w := &world{bin: p.bin, profiles: p.profiles}
	var err error
	if w.dir, err = os.MkdirTemp("", "scale-"); err != nil {
		return w, fmt.Errorf("making a directory: %w", err)
	}
	for _, step := range []func(context.Context) error{w.startKubernetes, w.startEmulators, w.createNamespace} {
		if err := step(ctx); err != nil {
			return w, err
		}
	}
	return w, nil
}

func (w *world) close() error {
	err := errors.Join(w.manager.kill(), w.emulators.kill(), w.plane.Stop())
	if err == nil {
		err = os.RemoveAll(w.dir)
	}
	return err
}

func (w *world) startKubernetes(context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	if w.plane, err = controlplane.Start(controlplane.Options{Dir: filepath.Join(w.dir, "control-plane"), Launcher: self}); err != nil {
		return err
	}
	if w.apiServer, err = childOf(os.Getpid(), "kube-apiserver"); err != nil {
		return err
	}
	config := rest.CopyConfig(w.plane.Config)
	config.QPS = -1
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return fmt.Errorf("building the scheme: %w", err)
	}
	server, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	w.server = server.RESTClient()
	if w.client, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	return os.WriteFile(filepath.Join(w.dir, "kubeconfig"), w.plane.Kubeconfig, 0o600)
}

func (w *world) startEmulators(context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	if w.emulators, err = startProcess(self, filepath.Join(w.dir, "emulators.log"), os.Environ(), emulatorsRole, w.dir); err != nil {
		return err
	}
	err = await("the emulators start", time.Minute, 50*time.Millisecond, func() (bool, error) {
		text, err := os.ReadFile(filepath.Join(w.dir, addressesFile))
		if err != nil {
			return false, nil //nolint:nilerr // not yet
		}
		return true, json.Unmarshal(text, &w.addresses)
	})
	return err
}

func (w *world) createNamespace(ctx context.Context) error {
	err := w.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "github"}, StringData: map[string]string{"token": gitHubToken}}
	if err = errors.Join(err, w.client.Create(ctx, secret)); err != nil {
		return fmt.Errorf("making the namespace: %w", err)
	}
	return nil
}

// startManager starts the manager as it is in production, but for addresses.
func (w *world) startManager() error {
	port, err := freePort()
	if err != nil {
		return err
	}
	w.metrics = "http://127.0.0.1:" + strconv.Itoa(port) + "/metrics"
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "AWS_ACCESS_KEY_ID=" + accessKeyID, "AWS_SECRET_ACCESS_KEY=not-a-secret-of-anybody",
		"AWS_REGION=" + region, "AWS_EC2_METADATA_DISABLED=true",
	}
	args := []string{
		"--kubeconfig=" + filepath.Join(w.dir, "kubeconfig"), "--cluster-name=" + clusterName, "--namespaces=" + namespace,
		"--allowed-endpoints=" + w.AWS + "," + w.GitHub, "--metrics-bind-address=127.0.0.1:" + strconv.Itoa(port), "--metrics-secure=false",
		"--health-probe-bind-address=0",
	}
	if w.profiles != "" {
		if port, err = freePort(); err != nil {
			return err
		}
		w.pprof = "127.0.0.1:" + strconv.Itoa(port)
		args = append(args, "--pprof-bind-address="+w.pprof)
	}
	w.manager, err = startProcess(filepath.Join(w.bin, "manager"), filepath.Join(w.dir, "manager.log"), env, args...)
	return err
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it returns at once
	if err != nil {
		return 0, fmt.Errorf("looking for a port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil //nolint:forcetypeassert // it is TCP
}

// writes is how many requests the manager has sent to the API server that write something, events included.
func (w *world) writes() (float64, error) {
	return w.metric("rest_client_requests_total{", func(labels string) bool {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			if strings.Contains(labels, "method=\""+method+"\"") {
				return true
			}
		}
		return false
	})
}

// metric adds up the manager's samples of a name whose labels fit.
func (w *world) metric(name string, fits func(labels string) bool) (float64, error) {
	answer, err := http.Get(w.metrics) //nolint:noctx // the manager's own address
	if err != nil {
		return 0, fmt.Errorf("reading the metrics: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := readAll(answer.Body)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for _, l := range strings.Split(text, "\n") {
		at := strings.LastIndexByte(l, ' ')
		if !strings.HasPrefix(l, name) || at < 0 || !fits(l[:at]) {
			continue
		}
		value, err := strconv.ParseFloat(l[at+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("reading the metrics: %w", err)
		}
		sum += value
	}
	return sum, nil
}

// post tells the emulators something.
func (w *world) post(path string) error {
	answer, err := http.Post(w.Control+path, "text/plain", nil) //nolint:noctx // our own program answers
	if err != nil {
		return fmt.Errorf("asking the emulators: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= http.StatusBadRequest {
		text, _ := readAll(answer.Body)
		return fmt.Errorf("the emulators answered %d: %s", answer.StatusCode, text)
	}
	return nil
}

func (w *world) stats(reset bool) (s stats, err error) {
	path := "/stats"
	if reset {
		path += "?reset"
	}
	answer, err := http.Get(w.Control + path) //nolint:noctx // our own program answers
	if err != nil {
		return s, fmt.Errorf("asking the emulators: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
		return s, fmt.Errorf("reading what was observed: %w", err)
	}
	return s, nil
}
