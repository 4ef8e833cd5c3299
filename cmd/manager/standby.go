// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/preflight"
)

// A manager that cannot work here stands by: it says why and what to do, is alive and not ready, and looks again. A process
// that ended instead would be started again and again, and the reason would be in the log of one that is gone.
const (
	// soonestLook is the time between the first looks: what a release applies together arrives within seconds.
	soonestLook = time.Second
	soonLooks   = 10
	latestLook  = 10 * time.Second
	// lookTimeout bounds one look.
	lookTimeout = 30 * time.Second
	// shutdownTimeout bounds the end of the probes' server.
	shutdownTimeout = 2 * time.Second
)

// namespaceFile holds the namespace of a pod.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// installation is the name that tells this installation's replicas from another installation: where its lease is. A process
// outside a cluster that elects nobody has none, and knows no other.
func (o *options) installation() string {
	namespace := o.leaderElectNamespace
	if namespace == "" {
		content, err := os.ReadFile(namespaceFile)
		if err != nil {
			return ""
		}
		namespace = strings.TrimSpace(string(content))
	}
	return namespace + "/" + leaseName
}

// preflightOf makes what is looked at before the controllers start.
func preflightOf(config *rest.Config, o options) (*preflight.Installation, client.Client, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, eventsv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, nil, fmt.Errorf("building the scheme: %w", err)
		}
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, nil, fmt.Errorf("making a client of the API server: %w", err)
	}
	return &preflight.Installation{Name: o.installation(), Config: config, Reader: c, Namespaces: o.namespaces}, c, nil
}

// standBy returns nil once nothing keeps this manager from working, or the context's error.
func standBy(ctx context.Context, logger logr.Logger, config *rest.Config, o options) error {
	installation, c, err := preflightOf(config, o)
	if err != nil {
		return err
	}
	var said string
	var probes *standbyProbes
	for looks := 0; ; looks++ {
		environment, err := look(ctx, installation)
		if err == nil {
			return probes.close(ctx)
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), probes.close(context.WithoutCancel(ctx)))
		}
		if text := fault.Message(err); text != said {
			said = text
			logging.Warn(logger, "Standing by", logging.KeyDetail, text)
			tell(ctx, logger, c, environment, text)
		}
		if probes == nil {
			if probes, err = serveProbes(ctx, o.probeAddress); err != nil {
				return err
			}
		}
		probes.say(said)
		after := latestLook
		if looks < soonLooks {
			after = soonestLook
		}
		select {
		case <-ctx.Done():
		case <-time.After(after):
		}
	}
}

func look(ctx context.Context, installation *preflight.Installation) (*v1alpha1.WorkEnvironment, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return installation.Check(ctx, time.Now())
}

// tell makes an event of what keeps this manager from working, once: its name is the object's and the text's. What is about no
// object is in the log and in /readyz alone.
func tell(ctx context.Context, logger logr.Logger, c client.Client, environment *v1alpha1.WorkEnvironment, text string) {
	if environment == nil {
		return
	}
	err := c.Create(ctx, &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: environment.Namespace, Name: "another-installation-" + string(environment.UID)},
		EventTime:  metav1.NowMicro(), ReportingController: leaseName, ReportingInstance: hostname(),
		Action: "Start", Reason: v1alpha1.ReasonAnotherInstallation, Note: text, Type: corev1.EventTypeWarning,
		Regarding: corev1.ObjectReference{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: "WorkEnvironment",
			Namespace: environment.Namespace, Name: environment.Name, UID: environment.UID,
		},
	})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		logging.Warn(logger, "Could not record an event", logging.KeyDetail, fault.Message(err))
	}
}

func hostname() string {
	if name, err := os.Hostname(); err == nil && name != "" {
		return name
	}
	return leaseName
}

// standbyProbes answer the kubelet while no manager does: alive, and not ready.
type standbyProbes struct {
	server *http.Server
	reason chan string // of length one
}

// serveProbes begins to answer at an address; "0" answers nowhere.
func serveProbes(ctx context.Context, address string) (*standbyProbes, error) {
	p := &standbyProbes{reason: make(chan string, 1)}
	p.reason <- "standing by"
	if address == "0" {
		return p, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for probes: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "ok") })
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		reason := <-p.reason
		p.reason <- reason
		http.Error(w, "standing by: "+reason, http.StatusServiceUnavailable)
	})
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: lookTimeout}
	go func() { _ = p.server.Serve(listener) }()
	return p, nil
}

// say changes what /readyz answers.
func (p *standbyProbes) say(reason string) {
	<-p.reason
	p.reason <- reason
}

// close frees the address, which the manager's own probes need.
func (p *standbyProbes) close(ctx context.Context) error {
	if p == nil || p.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, shutdownTimeout)
	defer cancel()
	if err := p.server.Shutdown(ctx); err != nil {
		return p.server.Close()
	}
	return nil
}
