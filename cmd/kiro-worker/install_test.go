// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// fetched is what stands in for the worker that a build fetches.
const fetched = "#!/bin/sh\necho \"fetched worker: $*\"\n"

// TestBuildspecFetchesTheWorker runs the buildspec's phase install as a build in an image without the worker does. What would
// change the machine (install, useradd) and what needs an account (aws) is a script that writes down what it was asked for.
func TestBuildspecFetchesTheWorker(t *testing.T) {
	program, archive := []byte(fetched), tarball(t, "kiro-worker", fetched)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/kiro-worker":
			_, _ = w.Write(program)
		case "/kiro-worker_v1_linux_amd64.tar.gz":
			_, _ = w.Write(archive)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	sum := func(content []byte) string {
		s := sha256.Sum256(content)
		return hex.EncodeToString(s[:])
	}
	const users = "useradd --create-home --uid 10001 kiro-agent\n" +
		"useradd --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin --uid 10002 kiro-agent-git\n"
	cases := map[string]struct {
		why, url, sum string
		calls         string // what was asked of the machine
		says          string // what the log says
		fails         bool
	}{
		"Program": {
			why: "the address of the program itself", url: server.URL + "/kiro-worker", sum: sum(program),
			calls: "install 0755\n" + users, says: "fetched worker: version",
		},
		"Archive": {
			why: "a release's archive", url: server.URL + "/kiro-worker_v1_linux_amd64.tar.gz", sum: sum(archive),
			calls: "install 0755\n" + users, says: "fetched worker: version",
		},
		"Bucket": {
			why: "a copy in the artifacts' bucket, for builds that reach nothing else", url: "s3://artifacts/tools/kiro-worker.tar.gz", sum: sum(archive),
			calls: "aws s3 cp --only-show-errors s3://artifacts/tools/kiro-worker.tar.gz\ninstall 0755\n" + users, says: "fetched worker: version",
		},
		"OtherSum": {
			why: "what somebody put there instead is not run", url: server.URL + "/kiro-worker", sum: sum(archive),
			says: "is not what KIRO_WORKER_SHA256 says, and is not run", fails: true,
		},
		"NoSum": {why: "nothing is run unverified", url: server.URL + "/kiro-worker", says: "KIRO_WORKER_SHA256 is not set", fails: true},
		"PlainHTTP": {
			why: "whoever is on the way could hold a connection open for ever", url: "http://example.com/kiro-worker", sum: sum(program),
			says: "must begin with https:// or s3://", fails: true,
		},
		"Absent": {why: "an address that is not there", url: server.URL + "/other", sum: sum(program), says: "404", fails: true},
		"OptionForAnAddress": {
			why: "an address is never a program's option", url: "-o/etc/passwd", sum: sum(program), says: "must begin with https:// or s3://", fails: true,
		},
		"NoAddress": {why: "an image that has the worker somewhere needs nothing, and a build without any says so", says: "not found", fails: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, server, archive)
			out, err := m.install(t, "KIRO_WORKER_URL="+c.url, "KIRO_WORKER_SHA256="+c.sum)
			if (err != nil) != c.fails || !strings.Contains(out, c.says) {
				t.Errorf("%s: %v, want a failure: %t, and %q in:\n%s", c.why, err, c.fails, c.says, out)
			}
			if calls := m.calls(t); calls != c.calls {
				t.Errorf("%s: the machine was asked for\n%swant\n%s", c.why, calls, c.calls)
			}
		})
	}
}

// machine is the tools that an image has, in a directory; those that would change it are stand-ins.
type machine struct{ bin, installed, log, authority, shell string }

func newMachine(t *testing.T, server *httptest.Server, inBucket []byte) machine {
	t.Helper()
	if _, err := os.Stat("/usr/local/bin/kiro-worker"); err == nil {
		t.Fatal("this machine has /usr/local/bin/kiro-worker, which the buildspec would use: take it away for this test")
	}
	dir := t.TempDir()
	m := machine{bin: filepath.Join(dir, "bin"), installed: filepath.Join(dir, "installed"), log: filepath.Join(dir, "calls"),
		authority: filepath.Join(dir, "ca.pem"), shell: "/bin/sh"}
	object := filepath.Join(dir, "object")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for _, err := range []error{
		os.Mkdir(m.bin, 0o755), os.Mkdir(m.installed, 0o755), os.WriteFile(m.authority, ca, 0o600), os.WriteFile(object, inBucket, 0o600), os.WriteFile(m.log, nil, 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"sh", "curl", "sha256sum", "tar", "gzip", "mktemp", "mv", "rm", "cp", "cat"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatalf("%s is not on this machine, and every image of CodeBuild has it: %v", name, err)
		}
		if err := os.Symlink(path, filepath.Join(m.bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, script := range map[string]string{
		"id":      "exit 1\n",
		"useradd": "echo useradd \"$@\" >>" + m.log + "\n",
		"install": "[ \"$4\" = /usr/local/bin/kiro-worker ] || exit 3\necho install \"$2\" >>" + m.log + "\ncp \"$3\" " + m.installed + "/kiro-worker\nexec chmod 0755 " + m.installed + "/kiro-worker\n",
		"aws":     "echo aws \"$1\" \"$2\" \"$3\" \"$4\" >>" + m.log + "\ncp " + object + " \"$5\"\n",
		"chmod":   "exec /bin/chmod \"$@\"\n",
	} {
		if err := os.WriteFile(filepath.Join(m.bin, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// install runs the commands of the phase install in one shell, up to the first that fails, as CodeBuild does.
func (m machine) install(t *testing.T, env ...string) (string, error) {
	t.Helper()
	text, err := os.ReadFile("../../config/codebuild/buildspec.yml")
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Phases map[string]struct {
			Commands []string `json:"commands"`
		} `json:"phases"`
	}
	if err := yaml.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for _, command := range spec.Phases["install"].Commands {
		script.WriteString(command + "\n[ $? = 0 ] || exit 1\n")
	}
	cmd := exec.CommandContext(t.Context(), m.shell, "-c", script.String())
	cmd.Env = append([]string{"PATH=" + m.bin + ":" + m.installed, "CURL_CA_BUNDLE=" + m.authority, "TMPDIR=" + t.TempDir()}, env...)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (m machine) calls(t *testing.T) string {
	t.Helper()
	calls, err := os.ReadFile(m.log)
	if err != nil {
		t.Fatal(err)
	}
	return string(calls)
}

func tarball(t *testing.T, name, content string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	for _, f := range []struct{ name, content string }{{"LICENSE", "Apache-2.0\n"}, {name, content}} {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o755, Size: int64(len(f.content)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
