// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package assets_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/modfile"

	"github.com/kiro-worker/kiro-worker/internal/local/controlplane/assets"
)

// TestVersion keeps the cache's name and the module that is built from apart by nothing: else an upgrade of the
// module would go on using the old programs.
func TestVersion(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "hack", "controlplane", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	module, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range module.Require {
		if r.Mod.Path != "k8s.io/kubernetes" {
			continue
		}
		if r.Mod.Version != assets.Version {
			t.Errorf("assets.Version is %s, hack/controlplane requires %s", assets.Version, r.Mod.Version)
		}
		return
	}
	t.Error("hack/controlplane does not require k8s.io/kubernetes")
}

func TestLocate(t *testing.T) {
	cases := map[string]struct {
		why      string
		variable []string // programs in the directory that KUBEBUILDER_ASSETS names; nil leaves it unset
		cache    []string // programs in the cache
		want     string   // "variable" or "cache"
		wantErr  string
	}{
		"Variable": {
			why:      "a person's choice comes first",
			variable: assets.Programs, cache: assets.Programs, want: "variable",
		},
		"IncompleteVariable": {
			why:      "a wrong choice is an error, not ignored",
			variable: []string{"etcd"}, cache: assets.Programs, wantErr: "has no kube-apiserver, kubectl",
		},
		"Cache": {
			why:   "an earlier run's programs are used again",
			cache: assets.Programs, want: "cache",
		},
		"IncompleteCache": {
			why:   "half a cache is none",
			cache: []string{"kube-apiserver", "kubectl"}, wantErr: assets.ErrNotFound.Error(),
		},
		"Nothing": {
			why:     "on a fresh machine the message says what to do",
			wantErr: "make assets",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv("XDG_CACHE_HOME", filepath.Join(home, ".cache"))
			t.Setenv(assets.Variable, "")
			dirs := map[string]string{"variable": filepath.Join(home, "chosen")}
			var err error
			if dirs["cache"], err = assets.CacheDir(); err != nil {
				t.Fatal(err)
			}
			if tc.variable != nil {
				fill(t, dirs["variable"], tc.variable)
				t.Setenv(assets.Variable, dirs["variable"])
			}
			fill(t, dirs["cache"], tc.cache)

			got, err := assets.Locate()
			if tc.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
					t.Errorf("%s: error %v, want one with %q", tc.why, err, tc.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", tc.why, err)
			}
			if diff := cmp.Diff(dirs[tc.want], got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestInstall(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "new"), filepath.Join(dir, "cache")
	fill(t, to, []string{"etcd"}) // what a broken run left
	fill(t, from, assets.Programs[:2])
	if err := assets.Install(from, to); err == nil {
		t.Error("an incomplete directory was installed")
	}
	fill(t, from, assets.Programs)
	if err := assets.Install(from, to); err != nil {
		t.Fatal(err)
	}
	if missing := assets.Missing(to); len(missing) > 0 {
		t.Errorf("after installing, the cache lacks %v", missing)
	}
	if _, err := os.Stat(from); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the programs were copied, not renamed: %v", err)
	}
}

func fill(t *testing.T, dir string, programs []string) {
	t.Helper()
	if programs == nil {
		return
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range programs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
