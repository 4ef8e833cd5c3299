// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"archive/tar"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/worker/npmcache"
)

// blob is the SHA-512 of a package, and where npm has it.
func blob(content string) (hash, place string) {
	sum := sha512.Sum512([]byte(content))
	hash = hex.EncodeToString(sum[:])
	return hash, path.Join(npmcache.Dir, hash[:2], hash[2:4], hash[4:])
}

// put is a line of a script that puts a file where npm has the package with another content.
func put(name, content string) string {
	_, place := blob(name)
	return fmt.Sprintf("mkdir -p \"$HOME/%s\"; printf %%s %s > \"$HOME/%s\"\n", path.Dir(place), content, place)
}

// The card before another one's fills the cache: its set-up, which runs what its branch says, and its agent poison it, reach for the
// archive itself, and lead root to other files. The next card's build is given the packages that prove themselves, and nothing else.
func TestNothingOfACardReachesTheNextOnesPackages(t *testing.T) {
	archive := filepath.Join(openTemp(t), "cache", "npm.tar")
	secret := outside(t, 0o600)
	_, linked := blob("untouched\n")
	reach := fmt.Sprintf("for f in %[1]s %[2]s/x; do echo evil > \"$f\" 2>/dev/null && echo \"WROTE $f\"; cat \"$f\" >/dev/null 2>&1 && echo \"READ $f\"; done; rm -rf %[1]s 2>/dev/null; mv %[2]s %[2]s.old 2>/dev/null && echo MOVED\n",
		archive, filepath.Dir(archive))
	setup := put("left-pad", "left-pad") + put("right-pad", "poisoned") + reach +
		"mkdir -p \"$HOME/.npm/_cacache/index-v5/aa\"; echo evil > \"$HOME/.npm/_cacache/index-v5/aa/bb\"\n" +
		fmt.Sprintf("mkdir -p \"$HOME/%s\"; ln -s %s \"$HOME/%s\"; mkfifo \"$HOME/%s/pipe\"\n", path.Dir(linked), secret, linked, npmcache.Dir)
	w := newWorld(t, put("agents", "agents")+put("left-pad", "poisoned")+reach+`echo "$1" > "f$1"`, func(f map[string]string) { f["setup.sh"] = setup })
	w.options.NPMCache, w.options.Parameters.Settings.SetupCommand = archive, "sh setup.sh"
	w.succeed()
	if log := w.artifact("logs/kiro-cli.log") + w.artifact("logs/build.log"); strings.Contains(log, "WROTE") || strings.Contains(log, "READ") || strings.Contains(log, "MOVED") {
		t.Errorf("the archive is the card's to reach:\n%s", log)
	}
	untouched(t, secret)
	left, place := blob("left-pad")
	if diff := cmp.Diff(map[string]string{left: "left-pad"}, inArchive(t, archive)); diff != "" {
		t.Errorf("the archive (-want +got):\n%s", diff)
	}

	next := newWorld(t, `echo "$1" > "f$1"`, func(f map[string]string) {
		f["setup.sh"] = fmt.Sprintf("[ \"$(find \"$HOME/.npm\" ! -type d)\" = \"$HOME/%[1]s\" ] && [ \"$(cat \"$HOME/%[1]s\")\" = left-pad ] && [ -O \"$HOME/%[1]s\" ]\n", place)
	})
	next.options.NPMCache, next.options.Parameters.Settings.SetupCommand = archive, "sh setup.sh"
	next.succeed()
}

// inArchive are an archive's files by their names.
func inArchive(t *testing.T, name string) map[string]string {
	t.Helper()
	in, err := os.Open(name)
	must(t, err)
	defer func() { _ = in.Close() }()
	found := map[string]string{}
	for entries := tar.NewReader(in); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		must(t, err)
		text, err := io.ReadAll(entries)
		must(t, err)
		found[header.Name] = string(text)
	}
}
