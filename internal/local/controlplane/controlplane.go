// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package controlplane runs a real kube-apiserver and etcd on this machine, for tests and for kiro-local. It runs
// no controller manager, scheduler or node.
package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane/assets"
)

const (
	// startTimeout is long for a machine that is busy with something else, such as the race detector.
	startTimeout = 90 * time.Second
	stopTimeout  = 30 * time.Second
)

// Options say how a control plane is run.
type Options struct {
	// Dir is where it keeps its state. Empty uses temporary directories that Stop removes.
	Dir string
	// CRDs is the directory of the CRDs to install. Empty finds this repository's own.
	CRDs string
	// Launcher is a program that calls ServeAsProgram; the servers are started through it and so die with this
	// process, however it ends. Empty starts them directly.
	Launcher string
	// APIServerArgs are further flags of kube-apiserver, without their dashes.
	APIServerArgs map[string]string
	// Log receives what the servers write. Nil discards it.
	Log *os.File
}

// ControlPlane is a running API server with the three kinds installed.
type ControlPlane struct {
	// Config is an administrator's.
	Config *rest.Config
	// Kubeconfig is the same as a file's content.
	Kubeconfig []byte
	// Kubectl is the path of a kubectl of the server's version.
	Kubectl string

	env *envtest.Environment
}

// Start starts etcd and kube-apiserver and installs the CRDs. It takes about six seconds.
func Start(o Options) (*ControlPlane, error) {
	dir, err := assets.Locate()
	if err != nil {
		return nil, err
	}
	if o.CRDs == "" {
		if o.CRDs, err = repositoryCRDs(); err != nil {
			return nil, err
		}
	}
	env := &envtest.Environment{
		// Whatever the caller's environment says: this never talks to somebody's real cluster.
		UseExistingCluster:       ptr.To(false),
		BinaryAssetsDirectory:    dir,
		CRDDirectoryPaths:        []string{o.CRDs},
		ErrorIfCRDPathMissing:    true,
		ControlPlaneStartTimeout: startTimeout,
		ControlPlaneStopTimeout:  stopTimeout,
	}
	if err := prepare(env, o, dir); err != nil {
		return nil, err
	}
	config, err := env.Start()
	if err != nil {
		// What did start must not stay.
		return nil, errors.Join(fmt.Errorf("starting kube-apiserver and etcd from %s: %w", dir, err), env.Stop())
	}
	return &ControlPlane{
		Config: config, Kubeconfig: env.KubeConfig, Kubectl: filepath.Join(dir, "kubectl"), env: env,
	}, nil
}

// ReviveAPIServer starts kube-apiserver again after it was killed: at the same address, on the same etcd, and, because
// Options.Dir keeps them, with the same certificates.
func (c *ControlPlane) ReviveAPIServer() error {
	if err := c.env.ControlPlane.GetAPIServer().Start(); err != nil {
		return fmt.Errorf("starting kube-apiserver again: %w", err)
	}
	return nil
}

// Stop ends the servers. It is safe to call twice.
func (c *ControlPlane) Stop() error {
	if c == nil || c.env == nil {
		return nil
	}
	env := c.env
	c.env = nil
	if err := env.Stop(); err != nil {
		return fmt.Errorf("stopping kube-apiserver and etcd: %w", err)
	}
	return nil
}

func prepare(env *envtest.Environment, o Options, programs string) error {
	server := env.ControlPlane.GetAPIServer()
	for name, value := range o.APIServerArgs {
		server.Configure().Set(name, value)
	}
	etcd := &envtest.Etcd{}
	env.ControlPlane.Etcd = etcd
	if o.Log != nil {
		server.Out, server.Err, etcd.Out, etcd.Err = o.Log, o.Log, o.Log, o.Log
	}
	if o.Dir != "" {
		etcd.DataDir, server.CertDir = filepath.Join(o.Dir, "etcd"), filepath.Join(o.Dir, "certificates")
		for _, dir := range []string{etcd.DataDir, server.CertDir} {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return fmt.Errorf("making the control plane's directories: %w", err)
			}
		}
	}
	if o.Launcher != "" && o.Dir != "" {
		var err error
		if etcd.Path, server.Path, err = launchers(o, programs); err != nil {
			return err
		}
	}
	return nil
}

// repositoryCRDs finds config/crd/bases of the repository that this was built from, from wherever a test runs.
func repositoryCRDs() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return "", errors.New("finding the CRDs: this program was built without its sources' paths; name their directory")
	}
	dir := filepath.Join(filepath.Dir(file), "..", "..", "..", "config", "crd", "bases")
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("finding the CRDs: %w", err)
	}
	return dir, nil
}
