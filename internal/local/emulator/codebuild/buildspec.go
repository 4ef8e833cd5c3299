// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// What a phase does when it failed (guide, "Buildspec syntax": on-failure).
const (
	onFailureAbort    = "ABORT"
	onFailureContinue = "CONTINUE"
)

// buildspec is a buildspec of version 0.2 (guide, "Build specification reference"). A key that it does not have is
// an error. run-as, batch, secrets and parameters are known keys that the emulator cannot honour.
type buildspec struct {
	Version scalar `json:"version"`
	Env     struct {
		Shell               string            `json:"shell"`
		Variables           map[string]scalar `json:"variables"`
		ExportedVariables   []string          `json:"exported-variables"`
		GitCredentialHelper scalar            `json:"git-credential-helper"`
	} `json:"env"`
	Proxy  json.RawMessage `json:"proxy"`
	Phases struct {
		Install   phaseSpec `json:"install"`
		PreBuild  phaseSpec `json:"pre_build"`
		Build     phaseSpec `json:"build"`
		PostBuild phaseSpec `json:"post_build"`
	} `json:"phases"`
	Reports   json.RawMessage `json:"reports"`
	Artifacts json.RawMessage `json:"artifacts"`
	Cache     json.RawMessage `json:"cache"`
}

type phaseSpec struct {
	RuntimeVersions json.RawMessage `json:"runtime-versions"`
	OnFailure       string          `json:"on-failure"`
	Commands        commands        `json:"commands"`
	Finally         commands        `json:"finally"`
}

// scalar is a string, or a number or boolean in its own spelling.
type scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalar) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		*s = scalar(text)
		return nil
	}
	if len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') {
		return fmt.Errorf("expected a single value, found %s", raw)
	}
	*s = scalar(raw)
	return nil
}

// commands are strings. What YAML makes something else of, for example "a: b", is refused in the service's words.
type commands []string

// UnmarshalJSON implements json.Unmarshaler.
func (c *commands) UnmarshalJSON(raw []byte) error {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return fmt.Errorf("expected a list of commands: %w", err)
	}
	for i, item := range items {
		var text string
		if err := json.Unmarshal(item, &text); err != nil || bytes.Equal(item, []byte("null")) {
			return fmt.Errorf("Expected Commands[%d] to be of string type: found subkeys instead", i) //nolint:staticcheck // the service's own words
		}
		*c = append(*c, text)
	}
	return nil
}

// parseBuildspec reads a buildspec.
func parseBuildspec(text string) (buildspec, error) {
	var spec buildspec
	if err := yaml.UnmarshalStrict([]byte(text), &spec); err != nil {
		return buildspec{}, err
	}
	if spec.Version != "0.2" {
		return buildspec{}, fmt.Errorf("version %q of the buildspec is not supported; write 0.2", spec.Version)
	}
	switch spec.Env.Shell {
	case "", "bash", "/bin/sh": // guide: the values for Linux
	default:
		return buildspec{}, fmt.Errorf("env.shell %q is neither bash nor /bin/sh", spec.Env.Shell)
	}
	for name := range spec.Env.Variables {
		if err := checkVariable(wireVariable{Name: name}); err != nil {
			return buildspec{}, fmt.Errorf("env.variables: %s", err.message)
		}
	}
	found := false
	for _, p := range spec.ordered() {
		switch p.spec.OnFailure {
		case "", onFailureAbort, onFailureContinue:
		default:
			return buildspec{}, fmt.Errorf("phases.%s.on-failure: %q is neither ABORT nor CONTINUE", strings.ToLower(p.kind), p.spec.OnFailure)
		}
		found = found || len(p.spec.Commands) > 0
	}
	if !found {
		return buildspec{}, fmt.Errorf("phases: no phase has commands")
	}
	return spec, nil
}

type namedPhase struct {
	kind string
	spec phaseSpec
}

// ordered are the phases that have commands, in the order in which they run.
func (s buildspec) ordered() []namedPhase {
	return []namedPhase{
		{phaseInstall, s.Phases.Install}, {phasePreBuild, s.Phases.PreBuild},
		{phaseBuild, s.Phases.Build}, {phasePostBuild, s.Phases.PostBuild},
	}
}
