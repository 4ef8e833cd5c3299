// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// TestStandBy: a second installation stands by. It says so once in its log and as an event, is alive and not ready, and works
// as soon as the first has gone.
func TestStandBy(t *testing.T) {
	c := testenv.Client(t)
	namespace := testenv.Namespace(t, c)
	environment := claimed(t, c, namespace)
	o := options{leaderElectNamespace: "second", namespaces: []string{namespace}, probeAddress: freeAddress(t)}
	var log logBuffer
	ended := start(t, o, &log)
	eventually(t, func() error {
		return answers(o.probeAddress+"/readyz", http.StatusServiceUnavailable, "another installation, first/kiro-worker-manager")
	})
	if err := answers(o.probeAddress+"/healthz", http.StatusOK, "ok"); err != nil {
		t.Error(err)
	}
	// The same again, as after a restart: another line, and no second event.
	other := o
	other.probeAddress = "0"
	again, cancel := context.WithCancel(t.Context())
	logger, _ := logging.New(io.Discard, "info")
	go func() { time.Sleep(2 * soonestLook); cancel() }()
	if err := standBy(again, logger, testenv.Config(), other); err == nil {
		t.Error("a manager that was told to end goes on")
	}
	events := &eventsv1.EventList{}
	if err := scheme(t).List(t.Context(), events, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	if len(events.Items) != 1 || events.Items[0].Reason != v1alpha1.ReasonAnotherInstallation || !strings.Contains(events.Items[0].Note, "uninstall one of the two") {
		t.Errorf("events: %+v", events.Items)
	}

	environment.Status.Manager = nil
	if err := c.Status().Update(t.Context(), environment); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the first installation has gone, and the second still stands by")
	}
	if n := strings.Count(log.String(), "Standing by"); n != 1 {
		t.Errorf("the log says it %d times:\n%s", n, log.String())
	}
	// The manager's own probes find the address free.
	listener, err := net.Listen("tcp", o.probeAddress)
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
}

// TestNothingToStandByFor: where nothing is wrong, nothing is said and no port is opened.
func TestNothingToStandByFor(t *testing.T) {
	var log logBuffer
	o := options{leaderElectNamespace: "first", namespaces: []string{testenv.Namespace(t, testenv.Client(t))}, probeAddress: "nowhere:1"}
	installation, _, err := preflightOf(testenv.Config(), o)
	if err != nil {
		t.Fatal(err)
	}
	// An API server that has just begun does not know the kinds at once.
	eventually(t, func() error { _, err := look(t.Context(), installation); return err })
	if err := <-start(t, o, &log); err != nil || log.String() != "" {
		t.Errorf("%v\n%s", err, log.String())
	}
}

func start(t *testing.T, o options, log io.Writer) <-chan error {
	t.Helper()
	logger, err := logging.New(log, "info")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- standBy(t.Context(), logger, testenv.Config(), o) }()
	return ended
}

// claimed makes an environment that the installation "first" works on.
func claimed(t *testing.T, c client.Client, namespace string) *v1alpha1.WorkEnvironment {
	t.Helper()
	e := &v1alpha1.WorkEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "builds"},
		Spec: v1alpha1.WorkEnvironmentSpec{
			AWS: v1alpha1.AWSAccess{Region: "eu-west-1"}, Lock: v1alpha1.LockTable{TableName: "locks"},
			CodeBuild:   v1alpha1.CodeBuildProject{ProjectName: "project"},
			Credentials: v1alpha1.BuildCredentials{GitHubTokenSecretARN: "arn:aws:secretsmanager:eu-west-1:111111111111:secret:github"},
			Artifacts:   v1alpha1.Artifacts{Bucket: "artifacts"},
		},
	}
	if err := c.Create(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	first := options{leaderElectNamespace: "first"}
	e.Claim(first.installation(), time.Now())
	if err := c.Status().Update(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return e
}

// scheme is a client that knows events.
func scheme(t *testing.T) client.Client {
	t.Helper()
	_, c, err := preflightOf(testenv.Config(), options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
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

func answers(address string, status int, text string) error {
	response, err := http.Get("http://" + address)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != status || !strings.Contains(string(body), text) {
		return fmt.Errorf("%s answers %d: %s", address, response.StatusCode, body)
	}
	return nil
}

func eventually(t *testing.T, check func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// logBuffer is a log that is written and read at once.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
