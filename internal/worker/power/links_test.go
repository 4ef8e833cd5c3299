// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// linked is a repository whose Power has a file of its own and links to one that it shares.
var linked = map[string]string{"powers/a/POWER.md": "---\nname: a\n---\n", "powers/a/steering/own.md": "own", "shared/rules.md": "rules"}

const (
	linkName = "powers/a/steering/rules.md"
	linkTo   = "../../../shared/rules.md"
)

func linkedTar(t *testing.T) contents {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	must(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: "p-main/" + linkName, Linkname: linkTo}))
	for name, text := range linked {
		must(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "p-main/" + name, Size: int64(len(text)), Mode: 0o600}))
		_, err := w.Write([]byte(text))
		must(t, err)
	}
	// A second name of a file is a link from the archive's beginning.
	must(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeLink, Name: "p-main/powers/a/steering/second.md", Linkname: "p-main/powers/a/steering/own.md"}))
	must(t, w.Close())
	must(t, zipped.Close())
	c, err := tarContents(out.Bytes())
	must(t, err)
	return c
}

func linkedZip(t *testing.T) contents {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range linked {
		f, err := w.Create("p-main/" + name)
		must(t, err)
		_, err = f.Write([]byte(text))
		must(t, err)
	}
	h := &zip.FileHeader{Name: "p-main/" + linkName}
	h.SetMode(fs.ModeSymlink | 0o777)
	f, err := w.CreateHeader(h)
	must(t, err)
	_, err = f.Write([]byte(linkTo))
	must(t, err)
	must(t, w.Close())
	c, err := zipContents(out.Bytes())
	must(t, err)
	return c
}

func linkedGit(t *testing.T) contents {
	t.Helper()
	dir, git := t.TempDir(), filepath.Join(t.TempDir(), "p.git")
	for name, text := range linked {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	must(t, os.Symlink(linkTo, filepath.Join(dir, linkName)))
	store := gitrepo.OpenStore(git, os.Environ())
	must(t, store.Create(t.Context()))
	run := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GIT_DIR="+git, "GIT_WORK_TREE="+dir, "GIT_CONFIG_GLOBAL="+os.DevNull)
		out, err := cmd.Output()
		must(t, err)
		return strings.TrimSpace(string(out))
	}
	run("-c", "core.bare=false", "add", "--all")
	c, err := gitContents(t.Context(), store, run("write-tree"))
	must(t, err)
	return c
}

// Links are followed in whatever a Power comes.
func TestLinksOfEverySource(t *testing.T) {
	for name, list := range map[string]func(*testing.T) contents{"Tar": linkedTar, "Zip": linkedZip, "Git": linkedGit} {
		t.Run(name, func(t *testing.T) {
			files, notes, err := gather(list(t), "powers/a", name != "Git")
			must(t, err)
			if string(files["steering/rules.md"]) != "rules" || string(files["steering/own.md"]) != "own" || len(notes) > 0 {
				t.Errorf("got %q, notes %q", files, notes)
			}
			if name == "Tar" && string(files["steering/second.md"]) != "own" {
				t.Errorf("a second name is lost: %q", files)
			}
		})
	}
}
