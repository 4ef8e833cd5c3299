// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"os"
)

// FailOver is the end of the cluster, at once and with all that is in it, and another cluster that takes over: it gets the objects that
// people keep in git, and nothing else. AWS and GitHub go on.
func (s *System) FailOver(ctx context.Context) error {
	s.manager.kill()
	if err := s.plane.Stop(); err != nil {
		return fmt.Errorf("ending the first cluster: %w", err)
	}
	if err := os.RemoveAll(s.path("control-plane")); err != nil {
		return fmt.Errorf("removing the first cluster: %w", err)
	}
	if err := os.Rename(s.path("logs", "manager.log"), s.path("logs", "manager-1.log")); err != nil {
		return fmt.Errorf("keeping the first manager's log: %w", err)
	}
	s.cluster += "-2"
	for _, step := range []func(context.Context) error{
		func(context.Context) error { return s.startControlPlane() }, s.createObjects, s.startManager,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}
