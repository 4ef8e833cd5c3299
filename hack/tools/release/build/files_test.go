// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestChangelog(t *testing.T) {
	cases := map[string]struct {
		why   string
		notes map[string]string
		want  string
		err   string
	}{
		"Order": {
			why:   "whoever upgrades reads first what they must do",
			notes: map[string]string{"fixed-a": "A.\n", "breaking-b": "B,\nand more.\n", "added-c": "C.", "README": "How to."},
			want:  "# v1.2.3\n\n## You must do something\n\n- B,\n  and more.\n\n## Added\n\n- C.\n\n## Fixed\n\n- A.\n",
		},
		"None":        {why: "a release of the same", notes: map[string]string{"README": "How to."}, want: "# v1.2.3\n"},
		"UnknownKind": {why: "it would be left out, and nobody would know", notes: map[string]string{"new-thing": "N."}, err: "new-thing.md: its name must begin with"},
		"Empty":       {why: "a bullet without words", notes: map[string]string{"added-x": "\n"}, err: "added-x.md says nothing"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			root, out := t.TempDir(), t.TempDir()
			dir := filepath.Join(root, "docs", "changes")
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			for note, text := range c.notes {
				if err := os.WriteFile(filepath.Join(dir, note+".md"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := release{root: root, out: out, version: "v1.2.3"}.changelog()
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%s: %v, want %q", c.why, err, c.err)
				}
				return
			}
			got, readErr := os.ReadFile(filepath.Join(out, "CHANGELOG.md"))
			if err := errors.Join(err, readErr); err != nil || string(got) != c.want {
				t.Errorf("%s: %v\n%s", c.why, err, got)
			}
		})
	}
}

// The plugin's manifest names, for each platform, the archive that is published, by its checksum.
func TestKrew(t *testing.T) {
	out, sums := t.TempDir(), map[platform]string{}
	for _, p := range linuxAndMac {
		sums[p] = "sum of " + p.String()
	}
	if err := (release{out: out, version: "v1.2.3"}).krew(sums); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(out, "workitem.krew.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Metadata struct{ Name string }
		Spec     struct {
			Version   string
			Platforms []struct {
				URI, SHA256, Bin string
				Selector         struct{ MatchLabels map[string]string }
				Files            []struct{ From, To string }
			}
		}
	}
	if err := yaml.Unmarshal(content, &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Metadata.Name != "workitem" || manifest.Spec.Version != "v1.2.3" || len(manifest.Spec.Platforms) != len(linuxAndMac) {
		t.Errorf("%+v", manifest)
	}
	for _, p := range manifest.Spec.Platforms {
		of := platform{p.Selector.MatchLabels["os"], p.Selector.MatchLabels["arch"]}
		if p.SHA256 != sums[of] || !strings.HasSuffix(p.URI, "/v1.2.3/kubectl-workitem_v1.2.3_"+of.os+"_"+of.arch+".tar.gz") || len(p.Files) != 2 {
			t.Errorf("%s: %+v", of, p)
		}
	}
}

// The buildspec and krew take one file out of an archive by its name, and run it.
func TestArchive(t *testing.T) {
	content, err := archive([]file{{"LICENSE", 0o644, []byte("free")}, {"kiro-worker", 0o755, []byte("program")}})
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]int64{}
	for r := tar.NewReader(zip); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		modes[h.Name] = h.Mode
		if !h.ModTime.Equal(epoch) {
			t.Errorf("%s is of %s: two builds would differ", h.Name, h.ModTime)
		}
	}
	if modes["kiro-worker"] != 0o755 || modes["LICENSE"] != 0o644 || len(modes) != 2 {
		t.Errorf("%v", modes)
	}
	again, err := archive([]file{{"LICENSE", 0o644, []byte("free")}, {"kiro-worker", 0o755, []byte("program")}})
	if err != nil || !bytes.Equal(content, again) {
		t.Errorf("two archives of the same differ (%v)", err)
	}
}
