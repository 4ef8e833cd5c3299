// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"bytes"
	"encoding/json"
	"testing"
)

// LogLines reads a log as a strict reader does: each line is one JSON object, and no key is in it twice. Lenient readers
// take the last of two values and lose the other in silence.
func LogLines(t *testing.T, log []byte) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for _, line := range bytes.Split(bytes.TrimSpace(log), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(line))
		if _, err := decoder.Token(); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		values := map[string]any{}
		for decoder.More() {
			key, err := decoder.Token()
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			var value any
			if err := decoder.Decode(&value); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			name, _ := key.(string)
			if _, twice := values[name]; twice {
				t.Errorf("the key %q is in the line twice: %s", name, line)
			}
			values[name] = value
		}
		lines = append(lines, values)
	}
	return lines
}
