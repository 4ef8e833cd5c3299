// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"archive/tar"
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/npmcache"
)

// blobPath is where npm has a package with that content.
func blobPath(content string) string {
	hash := blobHash(content)
	return npmcache.Dir + "/" + hash[:2] + "/" + hash[2:4] + "/" + hash[4:]
}

func blobHash(content string) string {
	sum := sha512.Sum512([]byte(content))
	return hex.EncodeToString(sum[:])
}

// plant is a line of a script that puts a file where npm has the package with another content.
func plant(name, content string) string {
	return fmt.Sprintf("mkdir -p $HOME/%s; printf %%s '%s' > $HOME/%s\n", filepath.Dir(blobPath(name)), content, blobPath(name))
}

// cached is a build with a cache, a set-up and an agent.
func cached(t *testing.T, archive, setup, agent string) (*world, contract.Outcome) {
	t.Helper()
	w := newWorld(t, func(f map[string]string) { f["setup.sh"] = setup })
	w.options.NPMCache = archive
	w.options.Parameters.Settings.SetupCommand = "sh setup.sh"
	w.options.Parameters.Settings.AgentCommand = shell(agent + "\necho x > f$1")
	w.codebuild(t.Context())
	_, result := w.row()
	return w, result.Outcome
}

// TestPackageCache: the next build is given what the one before downloaded, and nothing that its set-up poisoned or that its agent left.
func TestPackageCache(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "cache", "npm.tar")
	index := "mkdir -p $HOME/.npm/_cacache/index-v5/aa; echo evil > $HOME/.npm/_cacache/index-v5/aa/bb\n"
	// The tests' own set-up runs what the agent changed, after it ran: its cache is not kept.
	late := "printf %s '" + strings.ReplaceAll(plant("late", "late"), "'", "\"") + "' >> setup.sh\n"
	w, outcome := cached(t, archive, plant("left", "left")+plant("right", "poisoned")+index, plant("agents", "agents")+plant("left", "poisoned")+late)
	if outcome != contract.OutcomeSucceeded {
		t.Fatalf("the first build is %s\n%s", outcome, w.log)
	}
	// What another build finds: the one blob, whatever else was tried, also by who wrote the archive itself.
	only := "[ \"$(find $HOME/.npm -type f)\" = $HOME/" + blobPath("left") + " ] || exit 9\n[ \"$(cat $HOME/" + blobPath("left") + ")\" = left ] || exit 8\n"
	if w, outcome := cached(t, archive, only, ":"); outcome != contract.OutcomeSucceeded {
		t.Fatalf("the second build is %s\n%s", outcome, w.log)
	}
	poison(t, archive)
	w, outcome = cached(t, archive, only, ":")
	if outcome != contract.OutcomeSucceeded {
		t.Fatalf("the build with a poisoned archive is %s\n%s", outcome, w.log)
	}
	if !strings.Contains(w.body(), "2 entries of the cache of npm were not what their names say") {
		t.Errorf("the pull request does not say so:\n%s", w.body())
	}
	// Nor does what was refused come back.
	if w, outcome := cached(t, archive, only, ":"); outcome != contract.OutcomeSucceeded || strings.Contains(w.body(), "cache of npm") {
		t.Errorf("the build after it is %s\n%s", outcome, w.body())
	}
}

// poison puts a package with another content than its name's, and a way out of the home, before what an archive has.
func poison(t *testing.T, archive string) {
	t.Helper()
	old, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	out := tar.NewWriter(&text)
	write := func(name string, content []byte) {
		if err := out.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	write(blobHash("right"), []byte("poisoned"))
	write("../../../.npm/_cacache/index-v5/aa/bb", []byte("evil"))
	for in := tar.NewReader(bytes.NewReader(old)); ; {
		header, err := in.Next()
		if err != nil {
			break
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		write(header.Name, content)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(archive, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestNoPackageCache: without one, or where it cannot be used, the work goes on.
func TestNoPackageCache(t *testing.T) {
	if w, outcome := cached(t, "", plant("left", "left"), ":"); outcome != contract.OutcomeSucceeded {
		t.Errorf("without a cache: %s\n%s", outcome, w.log)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if w, outcome := cached(t, filepath.Join(file, "npm.tar"), plant("left", "left"), ":"); outcome != contract.OutcomeSucceeded || !strings.Contains(w.log.String(), "Could not save the cache of npm") {
		t.Errorf("a cache that cannot be written: %s\n%s", outcome, w.log)
	}
}
