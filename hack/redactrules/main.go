// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command redactrules writes gitleaks' rules as internal/redact reads them. It is a module of its own, so that the
// worker does not carry gitleaks' dependencies for a table of patterns. To take newer rules: raise gitleaks' version
// in go.mod, and run `go generate ./internal/redact`.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"
)

const module = "github.com/zricethezav/gitleaks/v8"

// document is what internal/redact embeds.
type document struct {
	Source string  `json:"source"`
	Allow  []allow `json:"allow,omitempty"`
	Rules  []rule  `json:"rules"`
}

type rule struct {
	ID       string   `json:"id"`
	Regex    string   `json:"regex"`
	Group    int      `json:"group,omitempty"`
	Entropy  float64  `json:"entropy,omitempty"`
	Keywords []string `json:"keywords"`
	Allow    []allow  `json:"allow,omitempty"`
}

type allow struct {
	// Target is what the expressions are held against: "secret", "match" or "line".
	Target    string   `json:"target"`
	Regexes   []string `json:"regexes,omitempty"`
	StopWords []string `json:"stopWords,omitempty"`
	// All is true if an expression and a stop word must both be found.
	All bool `json:"all,omitempty"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "redactrules:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: redactrules FILE")
	}
	doc, err := translate()
	if err != nil {
		return err
	}
	out, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(os.Args[1], append(out, '\n'), 0o644) //nolint:gosec // a source file
}

func translate() (document, error) {
	v := viper.New()
	v.SetConfigType("toml")
	if err := v.ReadConfig(strings.NewReader(config.DefaultConfig)); err != nil {
		return document{}, fmt.Errorf("reading gitleaks' configuration: %w", err)
	}
	var raw config.ViperConfig
	if err := v.Unmarshal(&raw); err != nil {
		return document{}, fmt.Errorf("decoding gitleaks' configuration: %w", err)
	}
	cfg, err := raw.Translate()
	if err != nil {
		return document{}, fmt.Errorf("translating gitleaks' configuration: %w", err)
	}
	doc := document{Source: "gitleaks " + version(), Allow: allowlists(cfg.Allowlists)}
	for _, r := range cfg.Rules {
		// A rule without an expression is about a file's name, and a stream has none.
		if r.Regex == nil {
			continue
		}
		keywords := slices.Clone(r.Keywords)
		for i, k := range keywords {
			keywords[i] = strings.ToLower(k)
		}
		doc.Rules = append(doc.Rules, rule{
			ID: r.RuleID, Regex: r.Regex.String(), Group: r.SecretGroup, Entropy: r.Entropy,
			Keywords: keywords, Allow: allowlists(r.Allowlists),
		})
	}
	slices.SortFunc(doc.Rules, func(a, b rule) int { return strings.Compare(a.ID, b.ID) })
	return doc, nil
}

// allowlists leaves out what depends on a file's name or on a commit.
func allowlists(lists []*config.Allowlist) []allow {
	var kept []allow
	for _, l := range lists {
		all := l.MatchCondition == config.AllowlistMatchAnd
		if all && (len(l.Paths) > 0 || len(l.Commits) > 0) || len(l.Regexes) == 0 && len(l.StopWords) == 0 {
			continue
		}
		// gitleaks keeps them in no order, and the file must come out the same each time.
		a := allow{Target: l.RegexTarget, StopWords: slices.Sorted(slices.Values(l.StopWords)), All: all}
		if a.Target == "" {
			a.Target = "secret"
		}
		for _, re := range l.Regexes {
			a.Regexes = append(a.Regexes, re.String())
		}
		kept = append(kept, a)
	}
	return kept
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown version"
	}
	for _, d := range info.Deps {
		if d.Path == module {
			return d.Version
		}
	}
	return "of unknown version"
}
