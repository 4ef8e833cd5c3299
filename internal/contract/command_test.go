// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strings"
	"testing"
)

func TestCheckCommand(t *testing.T) {
	for text, says := range map[string]string{
		"{{.TaskID}}":                          "",
		"--title={{.TaskTitle}}":               "",
		"{{.SpecPath}}/tasks.md {{.Prompt}}":   "",
		"{{.Token}}":                           "can't evaluate field Token",
		"{{":                                   "unclosed action",
		`{{printf "%70000s" .TaskID}}`:         "longer than 65536 bytes",
		"{{range $x := .TaskID}}{{end}}{{.X}}": "argument 1 of the agent's command",
	} {
		err := CheckCommand([]string{"agent", text})
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v; want %q", text, err, says)
		}
	}
}
