// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
)

// EnvLook makes a build one that only looks: what it needs, as one JSON document. Such a build has no lock and claims none.
// Its value is a Look.
const EnvLook = "KIRO_WORKER_LOOK"

const (
	// MaxLook is the longest Look, in bytes: a build's variable holds no more.
	MaxLook = 4096
	// MaxLookReport is the longest LookReport, in bytes.
	MaxLookReport = 32 << 10
)

// Look is what a build that only looks is to look at.
type Look struct {
	// ID names the report. It is random: two looks at one environment must not write to one row.
	ID                   string `json:"id"`
	Environment          string `json:"environment"` // the tier
	LocksTableName       string `json:"locksTableName"`
	LockRegion           string `json:"lockRegion,omitempty"`
	Bucket               string `json:"bucket"`
	ArtifactsKMSKeyARN   string `json:"artifactsKMSKeyARN,omitempty"`
	GitHubAPIURL         string `json:"gitHubAPIURL,omitempty"`
	GitHubTokenSecretARN string `json:"gitHubTokenSecretARN"`
	GitSecretARN         string `json:"gitSecretARN,omitempty"`
	AgentSecretARN       string `json:"agentSecretARN,omitempty"`
	AgentPreset          string `json:"agentPreset,omitempty"`
	// AgentProgram is the program of the preset command; empty where its name is a template or too long for a variable.
	AgentProgram string `json:"agentProgram,omitempty"`
	// SecretEnv are the secrets of setup and tests.
	SecretEnv    []SecretVariable `json:"secretEnv,omitempty"`
	Repositories []string         `json:"repositories,omitempty"`
}

// LookReport is what such a build has found.
type LookReport struct {
	// Version of the worker.
	Version string     `json:"version"`
	Lines   []LookLine `json:"lines"`
}

// LookLine is what one check has found.
type LookLine struct {
	OK    bool   `json:"ok"`
	Check string `json:"check"`
	// Message is what was found, or what is wrong and what to do.
	Message string `json:"message"`
}

var lookID = regexp.MustCompile(`^[a-z0-9]{16,64}$`)

// LookKey is the key of the row that the report is in. It is among the branches' keys, which the roles of controller and build
// may read and write, and is no branch's: a forge's host is followed by a repository's id and a ref.
func LookKey(id string) string { return "branch#look/" + id }

// Encode encodes a look as a build's variable.
func (l Look) Encode() (Variable, error) {
	text, err := json.Marshal(l)
	if err != nil {
		return Variable{}, fmt.Errorf("encoding what the build is to look at: %w", err)
	}
	if len(text) > MaxLook {
		return Variable{}, fmt.Errorf("what the build is to look at has %d bytes, and a variable holds %d: name fewer repositories", len(text), MaxLook)
	}
	return Variable{Name: EnvLook, Value: string(text)}, nil
}

// ParseLook decodes what Encode encoded.
func ParseLook(text string) (Look, error) {
	var l Look
	if len(text) > MaxLook {
		return l, errors.New(EnvLook + " is too long")
	}
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return l, fmt.Errorf("%s: %w", EnvLook, err)
	}
	if !lookID.MatchString(l.ID) || l.LocksTableName == "" || l.GitHubTokenSecretARN == "" || l.Bucket == "" || l.Environment == "" {
		return l, errors.New(EnvLook + " is incomplete; such builds are started by `manager doctor --build`")
	}
	return l, nil
}
