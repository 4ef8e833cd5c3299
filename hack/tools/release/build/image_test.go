// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// TestImage builds the image twice, from two places, and runs the manager from the layout.
func TestImage(t *testing.T) {
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "some", "other", "place")
	copyRepository(t, root, elsewhere)
	var digests []string
	var out string
	for _, from := range []string{root, elsewhere} {
		out = t.TempDir()
		if err := (release{root: from, out: out, version: "v9.9.9", revision: "abc"}).make(true, false); err != nil {
			t.Fatal(err)
		}
		digest, err := os.ReadFile(filepath.Join(out, "images", "manager.digest"))
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, strings.TrimSpace(string(digest)))
	}
	if digests[0] != digests[1] {
		t.Errorf("two builds of one commit differ: %v", digests)
	}
	t.Logf("two builds, from two places: %s and %s", digests[0], digests[1])

	image, platforms := read(t, filepath.Join(out, "images", "manager"), digests[1])
	if want := []string{"linux/amd64", "linux/arm64"}; !slices.Equal(platforms, want) {
		t.Errorf("platforms are %v, want %v", platforms, want)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if c := config.Config; c.User != "65532:65532" || !slices.Equal(c.Entrypoint, []string{"/manager"}) || c.Labels["org.opencontainers.image.version"] != "v9.9.9" {
		t.Errorf("the configuration is %+v", c)
	}
	if answer := runFrom(t, image, "--version"); answer != "v9.9.9" {
		t.Errorf("from the image, manager --version says %q", answer)
	}
}

// copyRepository copies what is compiled, to where nothing has the same path.
func copyRepository(t *testing.T, from, to string) {
	t.Helper()
	for _, name := range []string{"api", "cmd", "controllers", "internal"} {
		if err := os.CopyFS(filepath.Join(to, name), os.DirFS(filepath.Join(from, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// read finds this machine's image in a layout, by the index's digest.
func read(t *testing.T, dir, digest string) (found v1.Image, platforms []string) {
	t.Helper()
	root, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := v1.NewHash(digest)
	if err != nil {
		t.Fatal(err)
	}
	index, err := root.ImageIndex(hash)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range manifest.Manifests {
		platforms = append(platforms, m.Platform.OS+"/"+m.Platform.Architecture)
		if m.Platform.Architecture == runtime.GOARCH {
			if found, err = index.Image(m.Digest); err != nil {
				t.Fatal(err)
			}
		}
	}
	if found == nil {
		t.Fatalf("there is no image for %s", runtime.GOARCH)
	}
	return found, platforms
}

// runFrom unpacks an image and runs its entry point, as its user and with nothing else of this machine where this process may
// change its root.
func runFrom(t *testing.T, image v1.Image, args ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rootfs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	content := mutate.Extract(image)
	defer func() { _ = content.Close() }()
	for files := tar.NewReader(content); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.Clean("/"+header.Name))
		if header.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o755)
		} else {
			err = unpack(path, files, header.FileInfo().Mode())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(filepath.Join(dir, "manager"), args...)
	confine(cmd, dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("running the manager: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func unpack(path string, from io.Reader, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, from); err != nil {
		return fmt.Errorf("unpacking %s: %w", path, err)
	}
	return f.Close()
}
