// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	dynamodbemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/worker"
)

// Whoever may write a WorkEnvironment chooses variables. They reach setup, agent and tests, and nothing that holds a
// token: a proxy, a certificate or a library would.
func TestVariablesOfAnAuthorReachNoToken(t *testing.T) {
	w := newWorld(t, `echo "agent: $HTTPS_PROXY $http_proxy $GIT_SSL_CAINFO $OWN"; echo "$1" > "f$1"`, func(f map[string]string) {
		f["test.sh"] = `echo "tests: $http_proxy $OWN"` + "\n" + f["test.sh"]
	})
	for name, value := range map[string]string{
		"HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1",
		"SSL_CERT_FILE": "/proc/self/environ", "GIT_SSL_CAINFO": "/proc/self/environ", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": "/bin/false",
		"GIT_EXEC_PATH": "/nonexistent", "GIT_DIR": "/nonexistent", "HOME": "/nonexistent", "OWN": "own",
	} {
		w.options.Parameters.Settings.Env = append(w.options.Parameters.Settings.Env, contract.Variable{Name: name, Value: value})
	}
	w.succeed()
	_, tests, _ := strings.Cut(w.artifact("logs/build.log"), "===== tests-0.log")
	if log := w.artifact("logs/kiro-cli.log"); !strings.Contains(log, "agent: http://127.0.0.1:1 http://127.0.0.1:1 /proc/self/environ own") {
		t.Errorf("the agent was not given them:\n%s", log)
	}
	if !strings.Contains(tests, "tests: http://127.0.0.1:1 own") {
		t.Errorf("the tests were not given them:\n%s", tests)
	}
}

// A build of the same table rewrites what another's row says: it may write every branch row.
func TestRewrittenRowGainsNothing(t *testing.T) {
	mark := filepath.Join(openTemp(t), "ran")
	w := newWorld(t, `echo "task $1" > "work-$1.txt"`)
	w.acquire()
	rows, err := w.rows.Rows("locks")
	must(t, err)
	row := rows[w.options.Parameters.BranchKey]
	text, _ := row[contract.AttrParameters]["S"].(string)
	evil := strings.NewReplacer("sh test.sh", "sh -c 'id > "+mark+"; sh test.sh'", "arn:secret", "arn:another").Replace(text)
	if evil == text {
		t.Fatalf("nothing was rewritten in %q", text)
	}
	row[contract.AttrParameters] = dynamodbemulator.String(evil)
	must(t, w.rows.PutRow("locks", row))
	before, _ := w.github.BranchHead(repository, branch)
	for _, phase := range []worker.Phase{worker.PhasePreBuild, worker.PhaseFinally} {
		if code := worker.Run(t.Context(), w.options, phase); code != worker.ExitInfrastructure {
			t.Errorf("phase %s ended with %d\n%s", phase, code, w.log)
		}
	}
	if after, _ := w.github.BranchHead(repository, branch); after != before {
		t.Error("the branch was changed")
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("what was written into the row was run")
	}
	rows, err = w.rows.Rows("locks")
	must(t, err)
	if result, _ := rows[w.options.Parameters.BranchKey][contract.AttrResult]["S"].(string); !strings.Contains(result, string(contract.OutcomeParametersRefused)) {
		t.Errorf("the result is %q\n%s", result, w.log)
	}
}
