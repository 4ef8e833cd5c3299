// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Where the tests run as root, the separation is tried out for real; elsewhere it must say that it is off.
func TestSeparation(t *testing.T) {
	w := newWorld(t)
	w.options.AgentUser = "nobody"
	nobody, err := user.Lookup("nobody")
	separated := os.Geteuid() == 0 && err == nil
	dir := sharedTemp(t)
	w.options.Dir, w.options.BuildLog = filepath.Join(dir, "build"), filepath.Join(dir, "build.log")
	w.must(os.WriteFile(w.options.BuildLog, []byte("private"), 0o600))
	outside := filepath.Join(dir, "outside")
	w.must(os.MkdirAll(outside, 0o755))
	w.options.Parameters.Settings.AgentCommand = shell(`id -u
cat ../state.json && echo READ-STATE
cat /proc/$PPID/environ > /dev/null && echo READ-ENVIRON
touch ` + outside + `/x && echo WROTE-OUTSIDE
touch ../repository.git/x && echo WROTE-REPOSITORY
(setsid sleep 300 &) ; echo "$1" > f$1`)
	w.codebuild(t.Context())
	_, result := w.row()
	if result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("%+v\n%s\n%s", result, w.log, w.bucket.objects["artifacts/test/b-1/logs/kiro-cli.log"])
	}
	log := w.bucket.objects["artifacts/test/b-1/logs/kiro-cli.log"]
	metadata := w.bucket.objects["artifacts/test/b-1/metadata.json"]
	if !separated {
		if !strings.Contains(metadata, `"separation": "off: `) || !strings.Contains(w.body(), "ran as the worker's own user") {
			t.Error("that the separation is off must be said")
		}
		return
	}
	if !strings.HasPrefix(log, nobody.Uid+"\n") || !strings.Contains(metadata, `"separation": "on: user nobody`) {
		t.Errorf("the agent did not run as nobody:\n%s", log)
	}
	for _, bad := range []string{"READ-STATE", "READ-ENVIRON", "WROTE-OUTSIDE", "WROTE-REPOSITORY"} {
		if strings.Contains(log, bad) {
			t.Errorf("%s:\n%s", bad, log)
		}
	}
}

// What an agent would have to get hold of to act as the worker. Where the tests are not root the separation is off, and
// what is left is what the allow-listed environment keeps away.
func TestAgentFindsNoCredentials(t *testing.T) {
	var given atomic.Int64
	const path = "/v2/credentials/8f1c2a60-secret-path"
	// The container's credentials, as CodeBuild has them: whoever knows the path is given them, whoever does not is not.
	container := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			http.NotFound(w, r)
			return
		}
		given.Add(1)
		_, _ = w.Write([]byte(`{"AccessKeyId":"ASIACONTAINER"}`))
	}))
	defer container.Close()
	// In the environment of the worker's process: there an agent that reads /proc would find it.
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.URL+path)

	w := newWorld(t)
	w.options.AgentUser = "nobody"
	separated := os.Geteuid() == 0
	dir := sharedTemp(t)
	w.options.Dir, w.options.BuildLog = filepath.Join(dir, "build"), filepath.Join(dir, "build.log")
	w.must(os.WriteFile(w.options.BuildLog, []byte("private"), 0o600))
	w.options.Environ = append(os.Environ(), "AWS_CONTAINER_CREDENTIALS_FULL_URI="+container.URL+path, "AWS_SESSION_TOKEN=in-the-environment")
	pid := strconv.Itoa(os.Getpid())
	w.options.Parameters.Settings.AgentCommand = shell(`
env | grep -q '^AWS_' && echo HAS-AWS
node -e 'fetch("` + container.URL + `/").then(r => console.log("asked: " + r.status), e => console.log("asked: " + e.message))' || true
[ ` + strconv.FormatBool(separated) + ` = true ] && {
grep -sqa AWS_CONTAINER /proc/[0-9]*/environ && echo READ-ENVIRON
dd if=/proc/` + pid + `/mem of=/dev/null bs=1 count=1 2>/dev/null && echo READ-MEMORY
cat /proc/` + pid + `/maps > /dev/null 2>&1 && echo READ-MAPS
ls /proc/` + pid + `/fd > /dev/null 2>&1 && echo READ-FILES
ls /proc/` + pid + `/cwd/ > /dev/null 2>&1 && echo READ-CWD
kill -STOP ` + pid + ` 2>/dev/null && echo SIGNALLED
}
echo "$1" > "f$1"`)
	w.codebuild(t.Context())
	log := w.bucket.objects["artifacts/test/b-1/logs/kiro-cli.log"]
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("%+v\n%s\n%s", result, w.log, log)
	}
	if !strings.Contains(log, "asked: 404") {
		t.Errorf("the agent could not even ask, so nothing is shown:\n%s", log)
	}
	for _, bad := range []string{"HAS-AWS", "READ-ENVIRON", "READ-MEMORY", "READ-MAPS", "READ-FILES", "READ-CWD", "SIGNALLED"} {
		if strings.Contains(log, bad) {
			t.Errorf("%s:\n%s", bad, log)
		}
	}
	if given.Load() != 0 {
		t.Error("the agent was given the container's credentials")
	}
}

// sharedTemp is a directory that other users may pass through.
func sharedTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kiro-worker-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
