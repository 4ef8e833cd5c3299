// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// places are a shared place and a home, each with a file of this user's.
func places(t *testing.T) (place, home string) {
	t.Helper()
	place, home = t.TempDir(), t.TempDir()
	for _, name := range []string{filepath.Join(place, "left"), filepath.Join(home, ".npmrc")} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return place, home
}

func TestSweep(t *testing.T) {
	me := uint32(os.Geteuid())
	for why, c := range map[string]struct {
		uid     uint32
		since   time.Duration
		removes bool
	}{
		"what the user left":          {me, -time.Hour, true},
		"what it left before":         {me, time.Hour, false},
		"what belongs to other users": {me + 1, -time.Hour, false},
	} {
		t.Run(why, func(t *testing.T) {
			place, home := places(t)
			removed, err := newSweeper(c.uid, time.Now().Add(c.since)).sweep([]string{place, filepath.Join(place, "none")}, home)
			var want []string
			if c.removes {
				want = []string{filepath.Join(place, "left"), filepath.Join(home, ".npmrc")}
			}
			if err != nil || !slices.Equal(removed, want) {
				t.Errorf("removed %q, %v; want %q", removed, err, want)
			}
			if _, err := os.Lstat(filepath.Join(home, ".npmrc")); os.IsNotExist(err) != c.removes {
				t.Errorf("the home's file: %v", err)
			}
		})
	}
}

// What cannot be removed must not be measured beside.
func TestSweepLeavesNothingSilently(t *testing.T) {
	place, home := places(t)
	for _, stays := range []string{"left", ".npmrc"} {
		s := newSweeper(uint32(os.Geteuid()), time.Now().Add(-time.Hour))
		s.remove = func(_ *os.Root, name string) error {
			if name == stays {
				return syscall.EBUSY
			}
			return nil
		}
		removed, err := s.sweep([]string{place}, home)
		if err == nil || !strings.Contains(err.Error(), stays) || len(removed) != 1 {
			t.Errorf("%s could not be removed: removed %q, %v", stays, removed, err)
		}
	}
}
