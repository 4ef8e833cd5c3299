// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// A marker in a comment cannot name a constant. A limit that is greater than the schema's makes a status that the API server
// refuses, at every reconcile.
func TestLimitsAreTheSchemas(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "config", "crd", "bases", "kiro-worker.io_workitems.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Properties map[string]schema `json:"properties"`
		Items      *schema           `json:"items"`
		MaxLength  int64             `json:"maxLength"`
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					Root schema `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(text, &crd); err != nil {
		t.Fatal(err)
	}
	root := crd.Spec.Versions[0].Schema.Root.Properties["status"]
	for path, want := range map[string]int64{
		"attempt.progress.stage": maxWord, "attempt.progress.failedStage": maxWord, "attempt.build.phase": maxWord, "attempt.build.trouble": maxTrouble, "summary.stage": maxWord,
		"summary.title": maxTitle, "attempt.outcome": maxOutcome, "result.commit": maxCommit,
		"attempt.stopRefusal": maxMessage, "pastAttempts.message": maxMessage,
		"attempt.build.logGroup": maxLogName, "attempt.build.logStream": maxLogName,
		"attempt.build.logsURL": maxURL, "result.artifactsURL": maxURL, "result.logsURL": maxURL,
	} {
		at := root
		for _, field := range strings.Split(path, ".") {
			if at.Items != nil {
				at = *at.Items
			}
			at = at.Properties[field]
		}
		if at.MaxLength != want {
			t.Errorf("status.%s: the schema allows %d characters, the code %d", path, at.MaxLength, want)
		}
	}
}
