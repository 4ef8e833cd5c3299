// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/controlplane"
)

// Options say where a lab finds and leaves things.
type Options struct {
	// Bin is the directory of the programs manager and kiro-worker.
	Bin string
	// Dir is an empty directory for logs and state.
	Dir string
}

// Lab is an API server that all worlds share, each with a namespace of its own.
type Lab struct {
	options Options
	plane   *controlplane.ControlPlane
	client  client.Client
	kube    http.Handler // the API server, for whoever asks it over plain HTTP
	worlds  atomic.Int64
}

// Open starts the API server. Close is to be called, whatever it returns.
func Open(o Options) (*Lab, error) {
	l := &Lab{options: o}
	for _, name := range []string{"manager", "kiro-worker"} {
		if _, err := os.Stat(filepath.Join(o.Bin, name)); err != nil {
			return l, fmt.Errorf("%s is not built: %w", name, err)
		}
	}
	file, err := os.Create(filepath.Join(o.Dir, "control-plane.log"))
	if err != nil {
		return l, fmt.Errorf("making the control plane's log: %w", err)
	}
	if l.plane, err = controlplane.Start(controlplane.Options{Dir: filepath.Join(o.Dir, "control-plane"), Log: file}); err != nil {
		return l, err
	}
	config := rest.CopyConfig(l.plane.Config)
	config.QPS = -1 // many worlds ask at once
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return l, fmt.Errorf("building the scheme: %w", err)
	}
	if l.client, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return l, fmt.Errorf("making a client: %w", err)
	}
	l.kube, err = proxy(config)
	return l, err
}

// Close stops the API server.
func (l *Lab) Close() error { return l.plane.Stop() }

// proxy passes requests on to the API server with an administrator's credentials.
func proxy(config *rest.Config) (http.Handler, error) {
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, fmt.Errorf("making a transport: %w", err)
	}
	host := config.Host
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	target, err := url.Parse(host)
	if err != nil {
		return nil, fmt.Errorf("reading the API server's address: %w", err)
	}
	return &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     transport,
		FlushInterval: -1, // a watch's events go on their way at once
		ErrorLog:      log.New(io.Discard, "", 0),
		// The API server may be away: the manager gets the answer that a proxy would give.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}, nil
}

// patience is how long a world may take to come to its end. It is many times what it needs, also on a busy machine.
const patience = 4 * time.Minute
