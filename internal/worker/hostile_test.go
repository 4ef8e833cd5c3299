// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// An agent may do whatever it likes within the checkout; none of it may reach the worker.
func TestHostileAgents(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	cases := map[string]struct {
		why    string
		script string
		check  func(*testing.T, *world, contract.Result)
	}{
		"Hooks": {
			why: "Hooks in the agent's view are never run by the worker.",
			script: `mkdir -p .git/hooks; for h in pre-commit pre-push post-commit post-index-change reference-transaction; do
printf '#!/bin/sh\ntouch ` + outside + `\n' > .git/hooks/$h; chmod +x .git/hooks/$h; done; echo "$1" > f$1`,
		},
		"Config": {
			why: "Nor is its configuration read.",
			script: `cat > .git/config <<'X'
[core]
	fsmonitor = touch ` + outside + `
	hooksPath = /tmp
[filter "x"]
	clean = touch ` + outside + `
	smudge = touch ` + outside + `
[diff "x"]
	textconv = touch ` + outside + `
[credential]
	helper = "!touch ` + outside + `"
[alias]
	add = "!touch ` + outside + `"
X
echo '* filter=x diff=x' > .gitattributes; echo "$1" > f$1`,
		},
		"NoGit": {
			why:    "Nor is it needed.",
			script: `rm -rf .git; ln -s /etc .git; echo "$1" > f$1`,
		},
		"OtherBranch": {
			why:    "An agent that commits and switches branches changes only its view.",
			script: `git -c user.name=a -c user.email=a@b checkout -q -b evil; echo "$1" > f$1; git add -A; git -c user.name=a -c user.email=a@b commit -q -m evil`,
		},
		"Clone": {
			why:    "A repository within the checkout is not committed as a link to nowhere.",
			script: `git init -q nested$1; cd nested$1; echo x > x; git add x; git -c user.name=a -c user.email=a@b commit -q -m x; cd ..; echo "$1" > f$1`,
			check: func(t *testing.T, w *world, _ contract.Result) {
				if strings.Contains(w.bucket.objects["artifacts/test/b-1/diffs/changes.diff"], "Subproject commit") {
					t.Error("a link to a commit that exists nowhere was committed")
				}
			},
		},
		"LeavesChildren": {
			why:    "Whoever is left behind is ended, and waited for by nobody.",
			script: `(sleep 300; touch ` + outside + `) & echo "$1" > f$1`,
		},
		"LongLine": {
			why:    "A line without an end is cut, not kept in memory.",
			script: `head -c 30000000 /dev/zero | tr '\0' x; echo "$1" > f$1`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.options.Parameters.Settings.AgentCommand = shell(c.script)
			w.codebuild(t.Context())
			_, result := w.row()
			if result.Outcome != contract.OutcomeSucceeded {
				t.Fatalf("%s\n%+v\n%s", c.why, result, w.log)
			}
			if _, err := os.Lstat(outside); err == nil {
				t.Fatalf("%s\nsomething outside was touched", c.why)
			}
			if w.file("f2") != "2\n" || w.file("f3") != "3\n" {
				t.Errorf("%s\nthe work is not on the branch", c.why)
			}
			if c.check != nil {
				c.check(t, w, result)
			}
		})
	}
}

func TestAgentsEnvironment(t *testing.T) {
	w := newWorld(t)
	w.options.Environ = append(os.Environ(), "AWS_SECRET_ACCESS_KEY=aws-secret", "KIRO_WORKER_LOCK_ID=lock", "CODEBUILD_BUILD_ID=b", "GITHUB_TOKEN=gh", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x")
	w.options.Parameters.AgentSecretARN = "arn:secret"
	w.options.Parameters.Settings.AgentCommand = shell(`env > env-$1.txt.log; env; cp env-$1.txt.log /dev/null; rm env-$1.txt.log; echo x > f$1`)
	w.options.Parameters.Settings.TestCommand = `sh -c "env; sh test.sh"`
	w.codebuild(t.Context())
	agentLog := w.bucket.objects["artifacts/test/b-1/logs/kiro-cli.log"]
	testLog := w.bucket.objects["artifacts/test/b-1/logs/build.log"]
	if !strings.Contains(agentLog, "KIRO_API_KEY=[REDACTED]") {
		t.Errorf("the agent has its key, and its log does not show it:\n%s", agentLog)
	}
	_, testLog, _ = strings.Cut(testLog, "===== tests-0.log")
	for _, name := range []string{"AWS_", "KIRO_WORKER_LOCK", "CODEBUILD_", "GITHUB_TOKEN"} {
		if strings.Contains(agentLog, name) {
			t.Errorf("the agent sees %s", name)
		}
		if strings.Contains(testLog, name) {
			t.Errorf("the tests see %s", name)
		}
	}
	if strings.Contains(testLog, "KIRO_API_KEY") {
		t.Error("the tests see the agent's key")
	}
}

func TestTokenIsNowhere(t *testing.T) {
	w := newWorld(t)
	// What the agent's user could see: arguments, environments and files while git runs.
	w.options.Parameters.Settings.AgentCommand = shell(`grep -rl ` + testToken[:30] + ` "$PWD/.." 2>/dev/null | grep -v build.log; cat .git/config; echo x > f$1`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("%+v", result)
	}
	log := w.bucket.objects["artifacts/test/b-1/logs/kiro-cli.log"]
	if strings.Contains(log, "/") && strings.Contains(log, "repository.git") {
		t.Errorf("the token is in a file:\n%s", log)
	}
}
