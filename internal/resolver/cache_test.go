// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCache(t *testing.T) {
	made := map[string]int{}
	c := newCache[string, int](2)
	get := func(key string) int {
		t.Helper()
		v, err := c.get(key, func() (int, error) { made[key]++; return made[key], nil })
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	// b is the one that was not used for longest when c comes.
	for _, key := range []string{"a", "b", "a", "c", "a", "b"} {
		get(key)
	}
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 2, "c": 1}, made); diff != "" {
		t.Errorf("how often each was made (-want +got):\n%s", diff)
	}
	if c.recent.Len() != 2 || len(c.byKey) != 2 {
		t.Errorf("%d and %d values are kept, want 2: keys come from objects that anybody makes", c.recent.Len(), len(c.byKey))
	}
}

func TestCacheKeepsNoError(t *testing.T) {
	c := newCache[string, int](2)
	broken := errors.New("broken")
	if _, err := c.get("a", func() (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("got error %v", err)
	}
	if v, err := c.get("a", func() (int, error) { return 7, nil }); err != nil || v != 7 {
		t.Errorf("after an error, got %d, %v: a mistake that was fixed must not stay", v, err)
	}
}
