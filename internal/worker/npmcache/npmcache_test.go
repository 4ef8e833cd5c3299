// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package npmcache

import (
	"archive/tar"
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func hashOf(content string) string {
	sum := sha512.Sum512([]byte(content))
	return hex.EncodeToString(sum[:])
}

func home(t *testing.T) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	check(t, err)
	t.Cleanup(func() { _ = root.Close() })
	return root
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put puts a file where npm has a blob.
func put(t *testing.T, root *os.Root, name, content string) {
	t.Helper()
	check(t, root.MkdirAll(filepath.Dir(name), 0o700))
	check(t, root.WriteFile(name, []byte(content), 0o600))
}

// files are the files below a home, by their names.
func files(t *testing.T, root *os.Root) map[string]string {
	t.Helper()
	all := map[string]string{}
	check(t, filepath.Walk(root.Name(), func(name string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if rel, _ := filepath.Rel(root.Name(), name); err == nil {
			all[filepath.ToSlash(rel)] = string(text)
		}
		return err
	}))
	return all
}

// TestRoundTrip carries what is a blob, and nothing of what a hostile setup or agent left beside it.
func TestRoundTrip(t *testing.T) {
	from, archive := home(t), filepath.Join(t.TempDir(), "cache", "npm.tar")
	secret := filepath.Join(t.TempDir(), "secret")
	check(t, os.WriteFile(secret, []byte("secret"), 0o600))
	put(t, from, pathOf(hashOf("left-pad")), "left-pad")
	put(t, from, pathOf(hashOf("")), "")
	put(t, from, pathOf(hashOf("right-pad")), "evil") // poisoned
	put(t, from, Dir+"/../sha1/aa/bb/"+strings.Repeat("c", 36), "sha1 can be collided")
	put(t, from, ".npm/_cacache/index-v5/aa/bb/cc", "https://registry/left-pad is now evil")
	put(t, from, Dir+"/README", "x")
	put(t, from, Dir+"/"+hashOf("flat"), "flat") // in another place than npm's
	check(t, from.MkdirAll(filepath.Dir(pathOf(hashOf("secret"))), 0o700))
	check(t, os.Symlink(secret, filepath.Join(from.Name(), pathOf(hashOf("secret")))))
	check(t, from.MkdirAll(pathOf(hashOf("directory")), 0o700))
	saved, err := Save(from, archive)
	check(t, err)
	if diff := cmp.Diff(Report{Blobs: 2, Bytes: 8, Refused: 4}, saved); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(archive); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the archive: %v %v", info, err)
	}
	to := home(t)
	restored, err := Restore(archive, to)
	check(t, err)
	if diff := cmp.Diff(Report{Blobs: 2, Bytes: 8}, restored); diff != "" {
		t.Errorf("restored (-want +got):\n%s", diff)
	}
	want := map[string]string{pathOf(hashOf("left-pad")): "left-pad", pathOf(hashOf("")): ""}
	if diff := cmp.Diff(want, files(t, to)); diff != "" {
		t.Errorf("the home (-want +got):\n%s", diff)
	}
	again, err := Save(to, archive)
	if check(t, err); again.Blobs != 2 || again.Refused != 0 {
		t.Errorf("saved again: %+v", again)
	}
}

// TestHostileArchives: whoever wrote the archive decides nothing.
func TestHostileArchives(t *testing.T) {
	good := hashOf("good")
	entry := func(h tar.Header, content string) func(*tar.Writer) error {
		return func(w *tar.Writer) error {
			h.Mode = 0o777
			if h.Size == 0 {
				h.Size = int64(len(content))
			}
			if err := w.WriteHeader(&h); err != nil {
				return err
			}
			_, err := w.Write([]byte(content))
			return err
		}
	}
	for name, plant := range map[string]func(*tar.Writer) error{
		"another content":         entry(tar.Header{Name: hashOf("expected")}, "evil"),
		"a path upwards":          entry(tar.Header{Name: "../../../../../etc/cron.d/x"}, "evil"),
		"an absolute path":        entry(tar.Header{Name: "/etc/cron.d/x"}, "evil"),
		"npm's index":             entry(tar.Header{Name: ".npm/_cacache/index-v5/aa/bb/cc"}, "evil"),
		"a blob by npm's path":    entry(tar.Header{Name: pathOf(hashOf("evil"))}, "evil"),
		"a name in capitals":      entry(tar.Header{Name: strings.ToUpper(hashOf("evil"))}, "evil"),
		"a link":                  entry(tar.Header{Name: hashOf("link"), Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, ""),
		"a second name of a file": entry(tar.Header{Name: hashOf("link"), Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}, ""),
		"a device":                entry(tar.Header{Name: hashOf("device"), Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3}, ""),
		"a directory":             entry(tar.Header{Name: hashOf("directory") + "/", Typeflag: tar.TypeDir}, ""),
	} {
		t.Run(name, func(t *testing.T) {
			var text bytes.Buffer
			w := tar.NewWriter(&text)
			check(t, plant(w))
			check(t, entry(tar.Header{Name: good}, "good")(w))
			check(t, w.Close())
			archive, to := filepath.Join(t.TempDir(), "npm.tar"), home(t)
			check(t, os.WriteFile(archive, text.Bytes(), 0o600))
			r, err := Restore(archive, to)
			if check(t, err); r != (Report{Blobs: 1, Bytes: 4, Refused: 1}) {
				t.Errorf("restored %+v", r)
			}
			if diff := cmp.Diff(map[string]string{pathOf(good): "good"}, files(t, to)); diff != "" {
				t.Errorf("the home (-want +got):\n%s", diff)
			}
		})
	}
	for name, text := range map[string]string{"no archive": "this is none", "cut short": strings.Repeat("\x01", 700), "nothing": ""} {
		archive, to := filepath.Join(t.TempDir(), "npm.tar"), home(t)
		check(t, os.WriteFile(archive, []byte(text), 0o600))
		if r, err := Restore(archive, to); err != nil || r.Blobs != 0 || len(files(t, to)) != 0 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	// A header that promises more than there is.
	var text bytes.Buffer
	w := tar.NewWriter(&text)
	check(t, w.WriteHeader(&tar.Header{Name: good, Size: maxBlob, Mode: 0o600}))
	archive, to := filepath.Join(t.TempDir(), "npm.tar"), home(t)
	check(t, os.WriteFile(archive, text.Bytes(), 0o600))
	if r, err := Restore(archive, to); err != nil || r.Blobs != 0 || len(files(t, to)) != 0 {
		t.Errorf("a promise: %+v, %v", r, err)
	}
	if r, err := Restore(filepath.Join(t.TempDir(), "none"), home(t)); err != nil || r != (Report{}) {
		t.Errorf("no archive yet: %+v, %v", r, err)
	}
	if _, err := Restore(t.TempDir(), home(t)); err == nil {
		t.Error("a directory is taken for an archive")
	}
}

// TestNPMUsesIt has npm install a package without a network, of the blob alone, and refuse what is not what the lock file names.
func TestNPMUsesIt(t *testing.T) {
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("npm is not on this machine")
	}
	dir := t.TempDir()
	check(t, os.MkdirAll(filepath.Join(dir, "pad"), 0o700))
	check(t, os.WriteFile(filepath.Join(dir, "pad", "package.json"), []byte(`{"name":"pad","version":"1.0.0","main":"index.js"}`), 0o600))
	check(t, os.WriteFile(filepath.Join(dir, "pad", "index.js"), []byte("module.exports = 'padded'\n"), 0o600))
	npm(t, dir, filepath.Join(dir, "pad"), "pack", "--pack-destination", dir)
	blob, err := os.ReadFile(filepath.Join(dir, "pad-1.0.0.tgz"))
	check(t, err)
	from, archive := home(t), filepath.Join(t.TempDir(), "npm.tar")
	put(t, from, pathOf(hashOf(string(blob))), string(blob))
	_, err = Save(from, archive)
	check(t, err)
	to := home(t)
	_, err = Restore(archive, to)
	check(t, err)
	sum := sha512.Sum512(blob)
	app := filepath.Join(to.Name(), "app")
	check(t, os.MkdirAll(app, 0o700))
	check(t, os.WriteFile(filepath.Join(app, "package.json"), []byte(`{"name":"app","version":"1.0.0","dependencies":{"pad":"1.0.0"}}`), 0o600))
	lock := fmt.Sprintf(`{"name":"app","version":"1.0.0","lockfileVersion":3,"requires":true,"packages":{"":{"name":"app","version":"1.0.0","dependencies":{"pad":"1.0.0"}},
		"node_modules/pad":{"version":"1.0.0","resolved":"https://registry.example.invalid/pad/-/pad-1.0.0.tgz","integrity":"sha512-%s"}}}`, base64.StdEncoding.EncodeToString(sum[:]))
	check(t, os.WriteFile(filepath.Join(app, "package-lock.json"), []byte(lock), 0o600))
	npm(t, to.Name(), app, "ci", "--offline", "--no-audit", "--no-fund")
	if text, err := os.ReadFile(filepath.Join(app, "node_modules", "pad", "index.js")); err != nil || !strings.Contains(string(text), "padded") {
		t.Errorf("installed %q, %v", text, err)
	}
}

func npm(t *testing.T, home, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("npm", args...)
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
