// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLevels(t *testing.T) {
	cases := map[string]struct {
		why  string
		want []string
	}{
		"debug": {why: "All there is.", want: []string{"detail", "fact", "failure"}},
		"info":  {why: "Facts, no detail.", want: []string{"fact", "failure"}},
		"":      {why: "No level given is info: a forgotten flag must not hide facts.", want: []string{"fact", "failure"}},
		"warn":  {why: "What merely happened is hidden.", want: []string{"failure"}},
		"error": {why: "Errors are never hidden.", want: []string{"failure"}},
		"INFO":  {why: "People write levels in capitals in environment variables.", want: []string{"fact", "failure"}},
	}
	for level, c := range cases {
		t.Run(level, func(t *testing.T) {
			var out bytes.Buffer
			log, err := New(&out, level)
			if err != nil {
				t.Fatal(err)
			}
			log.V(1).Info("detail")
			log.Info("fact")
			log.Error(errors.New("broken"), "failure")
			var got []string
			for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
				var entry map[string]any
				if err := json.Unmarshal([]byte(line), &entry); err != nil {
					t.Fatalf("not JSON: %q: %v", line, err)
				}
				got = append(got, entry[KeyMessage].(string))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", c.why, diff)
			}
		})
	}
}

func TestLine(t *testing.T) {
	var out bytes.Buffer
	log, err := New(&out, "info")
	if err != nil {
		t.Fatal(err)
	}
	log.WithName("worker").WithValues(KeyCorrelationID, "abc").Error(errors.New("broken"), "Stage failed", KeyStage, "test")
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got[KeyTime] == nil {
		t.Error("a line without a time cannot be put beside another program's")
	}
	delete(got, KeyTime)
	want := map[string]any{"level": "error", "logger": "worker", "message": "Stage failed", "error": "broken", "correlationID": "abc", "stage": "test"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestUnknownLevel(t *testing.T) {
	if _, err := New(&bytes.Buffer{}, "loud"); err == nil || !strings.Contains(err.Error(), "debug, info, warn or error") {
		t.Errorf("a misspelt level must be refused with what there is, got %v", err)
	}
}

func TestWarn(t *testing.T) {
	for _, level := range []string{"debug", "info", "warn", "error"} {
		var out bytes.Buffer
		log, err := New(&out, level)
		if err != nil {
			t.Fatal(err)
		}
		Warn(log.WithName("manager").WithValues(KeyWorkItem, "a/b"), "The worker is silent", KeyReason, "WorkerSilent")
		if level == "error" {
			if out.Len() > 0 {
				t.Errorf("a warning is hidden where only errors are asked for, got %s", out.String())
			}
			continue
		}
		var got map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("level %s: %q: %v", level, out.String(), err)
		}
		delete(got, KeyTime)
		want := map[string]any{"level": "warn", "logger": "manager", "message": "The worker is silent", "workItem": "a/b", "reason": "WorkerSilent"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("level %s, -want +got:\n%s", level, diff)
		}
	}
}
