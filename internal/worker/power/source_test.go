// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// TestMain lets the test's own program be the helper that git calls for credentials.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == gitrepo.CredentialCommand {
		if err := gitrepo.AnswerCredential(os.Args[2], os.Stdin, os.Stdout); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			syscall.Exit(1)
		}
		// Not os.Exit: under the race detector that waits a second, once for every call of git.
		syscall.Exit(0)
	}
	os.Exit(m.Run())
}

const testToken = "ghp_0123456789abcdefghijABCDEFGHIJ012345"

// newGitHub is an emulated GitHub that lets in whoever has testToken.
func newGitHub(t *testing.T) *githubemulator.Server {
	t.Helper()
	server := cloud.New(t, cloud.Options{GitHub: true, Users: map[string]string{testToken: "worker-bot"}}).GitHub
	return server
}

func TestFetchRefusesAddresses(t *testing.T) {
	for _, address := range []string{"http://elsewhere.test/p.git", "ext::sh -c id", "file:///etc", "-u", "https://"} {
		if _, err := (Source{Address: address}).Fetch(t.Context()); err == nil || !strings.Contains(err.Error(), "https URL") {
			t.Errorf("%s must be refused, got %v", address, err)
		}
	}
	for _, address := range []string{"https://x.test/p.git?token=hunter22", "https://x.test/p.git#hunter22", "https://hunter22@x.test/p.git"} {
		s := Source{Address: address}
		if _, err := s.Fetch(t.Context()); err == nil || strings.Contains(err.Error()+s.String(), "hunter22") {
			t.Errorf("an address that may hold a secret is refused and not shown, got %v", err)
		}
	}
}

// A repository of many Powers: what is not this one's is neither counted nor read.
func TestPowerBesideOthers(t *testing.T) {
	files := map[string]string{}
	for _, name := range []string{"powers/house/plugin.json", "other/plugin.json"} {
		files[name] = `{"name":"house","version":"1.0.0"}`
	}
	files["powers/house/steering/a.md"] = "a"
	files["other/steering/huge.md"] = strings.Repeat("x", maxPowerFile+1)
	for n := range maxPowerFiles {
		files[fmt.Sprintf("other/steering/%d.md", n)] = "x"
	}
	packed := map[string]string{}
	for name, text := range files {
		packed["powers-main/"+name] = text
	}
	github := newGitHub(t)
	must(t, github.CreateRepository("acme/powers", "main", githubemulator.Text(files)))
	archives := map[string][]byte{"/p.tgz": tarball(t, packed, ""), "/p.zip": zipball(t, packed), "/flat.tgz": tarball(t, files, "")}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(archives[r.URL.Path]) }))
	defer server.Close()
	executable, err := os.Executable()
	must(t, err)
	dir := t.TempDir()
	own := gitrepo.Remote{
		Address: github.CloneURL("acme/shop"), Helper: executable, Dir: dir,
		Credentials: func(context.Context) (string, string, error) { return "x-access-token", testToken, nil },
	}
	for _, address := range []string{github.CloneURL("acme/powers"), server.URL + "/p.tgz", server.URL + "/p.zip", server.URL + "/flat.tgz"} {
		source, err := url.Parse(address)
		must(t, err)
		s := Source{Address: address, Path: "powers/house", Dir: dir, Environ: os.Environ(), Own: own}
		read := s.fromGit
		if isArchive(source.Path) {
			read = s.fromArchive
		}
		found, _, err := read(t.Context(), source)
		if err != nil {
			t.Errorf("%s: %v", source.Path, err)
			continue
		}
		if p, err := parse(found, ""); err != nil || p.Label() != "house 1.0.0" || len(p.Steering) != 1 {
			t.Errorf("%s: %+v, %v", source.Path, p, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("what was fetched is left for others to read: %v, %v", left, err)
	}
}
