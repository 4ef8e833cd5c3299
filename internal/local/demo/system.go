// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// The agents that can implement the cards' tasks.
const (
	// AgentStandIn is a program that writes what the sample's specs spell out.
	AgentStandIn = "stand-in"
	// AgentKiro is the real kiro-cli.
	AgentKiro = "kiro"
)

// Options say how the system is run.
type Options struct {
	// Dir is where everything is: state, logs, builds, artifacts. It must exist and be empty.
	Dir string
	// Bin is the directory of the programs manager, kiro-worker and kiro-local.
	Bin string
	// Agent is AgentStandIn or AgentKiro. Empty is AgentStandIn.
	Agent string
	// OneRepository leaves out the card of the other repository, with its environment and source.
	OneRepository bool
	// Launch starts the API server through Bin's kiro-local, so that it dies with this process.
	Launch bool
	// LogLevel of manager and worker. Empty is info.
	LogLevel string
	// Say is called with what is being started, one line at a time.
	Say func(line string)
	// APIServerArgs are further flags of kube-apiserver, without their dashes.
	APIServerArgs map[string]string
	// Cluster, if set, is a cluster that is there, with a manager in it or to come: nothing of Kubernetes is started.
	Cluster *rest.Config
	// Namespace of the objects. Empty is Namespace. In a cluster that is there, it must exist.
	Namespace string
	// Listen says where the emulators listen. The zero one is this machine alone.
	Listen Listen
	// Sources is a directory with the repository's files that the demo reads. Empty is the repository that this was built from.
	Sources string
	// Manager, if set, is given what the manager would be started with, and returns what to start it with: a test installs
	// it as a cluster's operators would.
	Manager func(ctx context.Context, s *System, args, env []string) ([]string, []string, error)
	// BuildEnv are environment variables of the projects, beside those that a deployment gives them.
	BuildEnv map[string]string
}

// System is the whole system, running.
type System struct {
	// Client reads and writes the three kinds.
	Client client.Client
	// Kubeconfig is the path of an administrator's.
	Kubeconfig string
	// Kubectl is the path of a kubectl of the server's version.
	Kubectl string
	// GitHub is the emulator of GitHub.
	GitHub *github.Server
	// GitHubURL and AWSURL are where the emulators listen.
	GitHubURL, AWSURL string
	// MetricsURL is where the manager serves its metrics.
	MetricsURL string

	options     Options
	cluster     string
	token       string
	stack       stack
	boardNumber int32
	boardID     string
	cardIDs     map[string]string // by slug
	goCache     string            // of the Go toolchain; empty where there is none

	plane   *controlplane.ControlPlane
	servers *servers
	faults  *faults.Injector
	manager *program
	closing sync.Once
	closed  error
}

// Start starts the system, with the demo's cards on its board. Whatever it returns, Close is to be called.
func Start(ctx context.Context, o Options) (*System, error) {
	if o.Agent == "" {
		o.Agent = AgentStandIn
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	s := &System{options: o, cluster: clusterName, token: "ghp_" + rand.Text(), cardIDs: map[string]string{}, faults: faults.New(nil, nil)}
	s.findGo(ctx)
	programs, steps := []string{"manager", "kiro-worker", "kiro-local"}, []func(context.Context) error{s.startServers, s.createObjects, s.startManager}
	if o.Cluster != nil {
		programs, steps = programs[1:], []func(context.Context) error{s.startOutside, s.connect, s.createObjects}
	}
	for _, name := range programs {
		if _, err := os.Stat(s.program(name)); err != nil {
			return s, fmt.Errorf("%s is not built; run `make build`: %w", name, err)
		}
	}
	for _, dir := range []string{s.path("logs"), s.path("github"), s.path("builds")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return s, fmt.Errorf("making the demo's directories: %w", err)
		}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return s, err
		}
	}
	return s, nil
}

// Close ends everything that Start started, in the order in which it matters: the manager first, so that it does
// not take an ending server for a failure.
func (s *System) Close() error {
	s.closing.Do(func() {
		s.closed = errors.Join(s.manager.stop(), s.servers.close(), s.plane.Stop())
	})
	return s.closed
}

// Tidy removes what a closed system kept on disk, but for logs and artifacts: node_modules of every build add up.
func (s *System) Tidy() error {
	var errs []error
	for _, dir := range []string{"builds", "control-plane", "github", "npm"} {
		errs = append(errs, os.RemoveAll(s.path(dir)))
	}
	return errors.Join(errs...)
}

// namespace of the objects.
func (s *System) namespace() string {
	if s.options.Namespace != "" {
		return s.options.Namespace
	}
	return Namespace
}

// startServers starts what does not depend on each other at once: most of it is waiting.
func (s *System) startServers(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(s.startControlPlane)
	g.Go(func() error { return s.startOutside(ctx) })
	return g.Wait()
}

// startOutside starts what is outside a cluster: GitHub, AWS and npm's packages.
func (s *System) startOutside(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.startEmulators(ctx) })
	g.Go(func() error {
		cache, err := npmCache()
		if err != nil {
			return err
		}
		s.options.Say("npm: the sample repository's packages, kept in " + cache)
		return fillNPMCache(ctx, s.path("npm"), cache)
	})
	return g.Wait()
}

func (s *System) startControlPlane() error {
	log, err := os.Create(s.path("logs", "control-plane.log"))
	if err != nil {
		return fmt.Errorf("making the control plane's log: %w", err)
	}
	o := controlplane.Options{Dir: s.path("control-plane"), Log: log, APIServerArgs: s.options.APIServerArgs}
	if s.options.Launch {
		o.Launcher = s.program("kiro-local")
	}
	s.options.Say("Kubernetes: a real kube-apiserver and etcd")
	if s.plane, err = controlplane.Start(o); err != nil {
		return err
	}
	s.Kubectl, s.Kubeconfig = s.plane.Kubectl, s.path("kubeconfig")
	if err := writeKubeconfig(s.Kubeconfig, s.plane.Kubeconfig); err != nil {
		return err
	}
	s.Client, err = newClient(s.plane.Config)
	return err
}

// startManager starts the controller, as a cluster would.
func (s *System) startManager(ctx context.Context) error {
	s.options.Say("Kiro Worker: the manager, on emulated GitHub, DynamoDB, CodeBuild, S3 and Secrets Manager")
	metrics, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	s.MetricsURL = "http://" + metrics + "/metrics"
	args, env := s.managerArgs(metrics), s.cloudEnv()
	if s.options.Manager != nil {
		if args, env, err = s.options.Manager(ctx, s, args, env); err != nil {
			return fmt.Errorf("installing the manager: %w", err)
		}
	}
	s.manager, err = startProgram(s.program("manager"), s.path("logs", "manager.log"), env, args...)
	return err
}

func (s *System) managerArgs(metrics string) []string {
	return []string{
		"--kubeconfig=" + s.Kubeconfig,
		"--cluster-name=" + s.cluster,
		// The stack's role trusts the id of its own settings, which the demo's namespace is allowed to present.
		"--external-ids=" + s.namespace() + "=" + s.stack.environment.Spec.AWS.ExternalID,
		"--allowed-endpoints=" + s.AWSURL + "," + s.GitHubURL,
		"--leader-elect", "--leader-elect-namespace=" + s.namespace(),
		"--metrics-bind-address=" + metrics, "--metrics-secure=false",
		"--health-probe-bind-address=127.0.0.1:0",
		"--log-level=" + s.options.LogLevel, "--cloudwatch-metrics",
		// A person is watching, and nothing on this machine is on its way for long.
		"--watch-interval=500ms", "--watch-slowest=1s", "--progress-interval=3s", "--settling-time=2s",
	}
}

// freeAddress is an address of this machine that nobody listens on. The manager says nowhere which port it was given.
func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

// cloudEnv is the environment of programs that call the emulated AWS. Nothing of the caller's own AWS configuration
// is in it: the demo must not reach a real account.
func (s *System) cloudEnv() []string {
	return []string{
		"PATH=" + s.options.Bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + s.options.Dir,
		"AWS_ACCESS_KEY_ID=" + managerKey, "AWS_SECRET_ACCESS_KEY=" + noSecret,
		"AWS_REGION=" + region, "AWS_EC2_METADATA_DISABLED=true",
	}
}

func (s *System) program(name string) string { return filepath.Join(s.options.Bin, name) }

func (s *System) path(parts ...string) string {
	return filepath.Join(append([]string{s.options.Dir}, parts...)...)
}

// Faults makes calls of the lock table fail. GitHub has its own: GitHub.Faults().
func (s *System) Faults() *faults.Injector { return s.faults }

// StopManager ends the manager alone; everything else goes on.
func (s *System) StopManager() error {
	s.manager.killed.Store(true) // on purpose
	return s.manager.stop()
}

// Token is the token that GitHub's emulator knows, so that a test can look for it where it must not be.
func (s *System) Token() string { return s.token }
