// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// findGo looks for a Go toolchain: the repository that is a Go module needs one where its build runs, which is here.
func (s *System) findGo(ctx context.Context) {
	if s.options.OneRepository {
		return
	}
	const quick = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "env", "GOCACHE").Output()
	if s.goCache = strings.TrimSpace(string(out)); err != nil || s.goCache == "" || s.goCache == "off" {
		s.goCache = ""
		s.options.Say("Go: there is no toolchain in PATH, so the card of the Go repository is left out")
	}
}

// cards are those of the demo's cards that can be worked on here.
func (s *System) cards() []Card {
	return slices.DeleteFunc(slices.Clone(Cards), func(c Card) bool { return c.Repository == goRepository && s.goCache == "" })
}

// goEnvironment is the other environment, for a repository of another kind: another test command in another format, nothing to
// set up, and a gate over the lines that the work changed. Builds share what this machine's Go has compiled.
func (s *System) goEnvironment(environment *v1alpha1.WorkEnvironment) *v1alpha1.WorkEnvironment {
	other := environment.DeepCopy()
	other.Name = goEnvironmentName
	other.Spec.Gates = v1alpha1.Gates{
		CoverageThreshold: ptr.To[v1alpha1.Percentage](80),
		ChangedLines:      ptr.To[v1alpha1.Percentage](90),
		TestCommand:       "go test -json -coverprofile=coverage.out ./...",
	}
	other.Spec.CodeBuild.Env = append(other.Spec.CodeBuild.Env,
		v1alpha1.EnvironmentVariable{Name: "GOCACHE", Value: s.goCache}, v1alpha1.EnvironmentVariable{Name: "GOTOOLCHAIN", Value: "local"})
	return other
}
