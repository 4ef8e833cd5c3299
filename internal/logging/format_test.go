// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"
)

func TestFormatFor(t *testing.T) {
	for _, c := range []struct {
		why      string
		asked    string
		terminal bool
		want     string
		fails    bool
	}{
		{"in a cluster a machine reads it", "", false, FormatJSON, false},
		{"a person watches", "", true, FormatConsole, false},
		{"what is asked for counts", FormatJSON, true, FormatJSON, false},
		{"in a cluster too", FormatConsole, false, FormatConsole, false},
		{"a typing error is not taken for either", "text", true, "", true},
	} {
		if got, err := FormatFor(c.asked, c.terminal); got != c.want || (err != nil) != c.fails {
			t.Errorf("%s: %q, %v", c.why, got, err)
		}
	}
}

// A person at a terminal and the file beside get the same lines, each in its form.
func TestSinksOfTwoFormats(t *testing.T) {
	var terminal, file bytes.Buffer
	log, err := NewTo("info", Sink{&terminal, FormatConsole}, Sink{&file, FormatJSON})
	if err != nil {
		t.Fatal(err)
	}
	log = log.WithValues(KeyCorrelationID, "c-1")
	Warn(log, "Something is wrong", KeyStage, "agent")
	log.V(1).Info("detail")
	want := regexp.MustCompile(`^\d\d:\d\d:\d\d  WARN  Something is wrong  \{"correlationID": "c-1", "stage": "agent"\}\n$`)
	if !want.MatchString(terminal.String()) {
		t.Errorf("the terminal shows %q", terminal.String())
	}
	var line map[string]any
	if err := json.Unmarshal(file.Bytes(), &line); err != nil || line[KeyCorrelationID] != "c-1" || line[KeyLevel] != "warn" {
		t.Errorf("the file has %q, %v", file.String(), err)
	}
}
