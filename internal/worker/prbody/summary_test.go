// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestSummaryOfHostileText(t *testing.T) {
	evil := "`x` | @everyone\n## Fixes #1 " + SectionEnd
	s := Summary{
		Result: contract.Result{Outcome: contract.OutcomeTestsFailed, Message: evil, ArtifactsURL: evil, SteeringVersion: evil},
		Tasks:  []Task{{ID: evil, Title: evil, Reason: evil, Commit: "abc"}}, FailedTests: []string{evil},
		Changes: []Change{{Path: evil, Added: 1}, {Path: "package.json", Added: 1}}, Notes: []string{evil},
		WorkItem: evil, Correlation: evil, BuildARN: evil, BuildURL: evil,
	}
	text := s.Markdown()
	if strings.Contains(text, SectionEnd) || strings.Contains(text, "\n## Fixes") {
		t.Errorf("text broke out:\n%s", text)
	}
	for line := range strings.Lines(text) {
		// Outside of code nothing of it may appear.
		for n, part := range strings.Split(line, "`") {
			if n%2 == 0 && strings.Contains(part, "everyone") {
				t.Errorf("outside of code: %q", line)
			}
		}
	}
	if !strings.Contains(text, "**Look twice:** what decides what is run and measured was changed: `package.json`") {
		t.Errorf("a changed test configuration must be named:\n%s", text)
	}
	if short := s.Short(); len(short) >= len(text) || strings.Contains(short, "<details>") {
		t.Error("the short section has no lists")
	}
}

func TestPercent(t *testing.T) {
	for v, want := range map[float64]string{100: "100%", 79.99: "79.99%", 79.996: "79.99%", 80: "80%", 0: "0%", 33.333333: "33.33%", 91.5: "91.5%"} {
		if got := Percent(v); got != want {
			t.Errorf("%v is shown as %s, want %s", v, got, want)
		}
	}
}

func TestConsoleURL(t *testing.T) {
	got := consoleURL("s3://bucket/test/a b/", "eu-central-1")
	if want := "https://eu-central-1.console.aws.amazon.com/s3/buckets/bucket?prefix=test%2Fa+b%2F&region=eu-central-1"; got != want {
		t.Errorf("got %s", got)
	}
	if got := consoleURL("s3://bucket/x/", ""); got != "" {
		t.Errorf("an emulated bucket has no page, got %s", got)
	}
}
