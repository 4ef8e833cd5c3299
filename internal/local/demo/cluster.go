// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// Listen says where the emulators listen, and under which name they are found.
type Listen struct {
	// Address to listen on. Empty is this machine alone, at free ports.
	Address string
	// Host is the name by which manager and builds reach the emulators.
	Host string
	// GitHubPort and AWSPort are theirs.
	GitHubPort, AWSPort int
}

// serve serves a handler at a port, or on a free one of this machine alone, and returns its address for others.
func (s *servers) serve(handler http.Handler, l Listen, port int) (url string, err error) {
	address := "127.0.0.1:0"
	if l.Address != "" {
		address = net.JoinHostPort(l.Address, strconv.Itoa(port))
	}
	listener, err := net.Listen("tcp", address) //nolint:noctx // it returns at once
	if err != nil {
		return "", fmt.Errorf("listening: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	s.http = append(s.http, server)
	go func() { _ = server.Serve(listener) }()
	if l.Host != "" {
		return "http://" + net.JoinHostPort(l.Host, strconv.Itoa(port)), nil
	}
	return "http://" + listener.Addr().String(), nil
}

// kindsInterval is the time between two looks whether the cluster knows the three kinds.
const kindsInterval = 2 * time.Second

// connect finds the cluster that the options name, and waits until it knows the kinds: whoever installs manager and demo together
// cannot say which is first.
func (s *System) connect(ctx context.Context) error {
	var err error
	if s.Client, err = newClient(s.options.Cluster); err != nil {
		return err
	}
	said := false
	for {
		err := s.Client.List(ctx, &v1alpha1.WorkItemList{}, client.InNamespace(s.namespace()), client.Limit(1))
		if !meta.IsNoMatchError(err) && !apierrors.IsNotFound(err) {
			if err != nil {
				return fmt.Errorf("reaching the cluster: %w", err)
			}
			return nil
		}
		if !said {
			s.options.Say("the cluster does not know the kinds yet: waiting for the chart kiro-worker")
			said = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(kindsInterval):
		}
	}
}

// put makes an object, or what is there of that name like it: a demo that is started again has another token and board.
func (s *System) put(ctx context.Context, o client.Object) error {
	wanted, ok := o.DeepCopyObject().(client.Object)
	if !ok {
		return fmt.Errorf("%T is no object", o)
	}
	err := s.Client.Create(ctx, o)
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	if err := s.Client.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
		return err
	}
	wanted.SetResourceVersion(o.GetResourceVersion())
	return s.Client.Update(ctx, wanted)
}
