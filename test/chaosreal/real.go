// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"maps"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
)

// testScript measures what the gates want to have measured, without any tool.
const testScript = `mkdir -p coverage
printf 'TAP version 13\n1..1\nok 1 - works\n' >test-results.tap
printf 'TN:\nSF:app.js\nFN:1,f\nFNDA:1,f\nFNF:1\nFNH:1\nDA:1,1\nLF:1\nLH:1\nend_of_record\n' >coverage/lcov.info
`

// realProject is a project whose builds are the real worker, by the one buildspec.
func realProject(w *world) (codebuild.Project, error) {
	text, err := repositoryFile("config", "codebuild", "buildspec.yml")
	if err != nil {
		return codebuild.Project{}, err
	}
	env := map[string]string{"AWS_ENDPOINT_URL": w.buildsURL, "LOG_LEVEL": "debug"}
	for _, entry := range cloudEnv(w, buildKeyID) {
		if name, value, _ := strings.Cut(entry, "="); name != "HOME" { // a build has a home of its own
			env[name] = value
		}
	}
	return codebuild.Project{Name: projectName, Buildspec: string(text), Env: env}, nil
}

func realGates() v1alpha1.Gates {
	return v1alpha1.Gates{
		CoverageThreshold: ptr.To[v1alpha1.Percentage](80), TestCommand: "sh test.sh", TestResults: []string{"test-results.tap"},
	}
}

func realAgent() v1alpha1.Agent {
	return v1alpha1.Agent{Preset: v1alpha1.AgentCommand, Command: []string{"sh", "-c", "echo {{.TaskID}} >>work.txt"}}
}

func realFiles() map[string]string {
	files := maps.Clone(spec)
	files["test.sh"] = testScript
	files[".gitignore"] = "coverage/\ntest-results.tap\n"
	return files
}
