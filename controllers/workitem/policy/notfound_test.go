// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestNotFoundLook(t *testing.T) {
	for name, c := range map[string]struct {
		why   string
		looks []time.Duration // since noon
		want  int
	}{
		"one":               {"the first look counts", []time.Duration{0}, 1},
		"one, read again":   {"a look is counted once, however often it is reconciled", []time.Duration{0, 0, 0}, 1},
		"three in a second": {"CodeBuild may lag for a second", []time.Duration{0, time.Second, 2 * time.Second}, 1},
		"a minute apart":    {"three looks are three", []time.Duration{0, NotFoundSpacing, 2 * NotFoundSpacing}, 3},
		"every 20 seconds":  {"only those a minute apart count", []time.Duration{0, 20 * time.Second, 40 * time.Second, time.Minute, 80 * time.Second}, 2},
		"clock set back": {"the next look must not wait until the clock has caught up",
			[]time.Duration{0, -time.Hour, -time.Hour + NotFoundSpacing}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var n NotFound
			for _, at := range c.looks {
				n = n.Look(noon.Add(at))
			}
			if n.Times != c.want {
				t.Errorf("%s: %d looks were counted, want %d", c.why, n.Times, c.want)
			}
			if !n.First.Equal(noon) {
				t.Errorf("the first look was at %s", n.First)
			}
		})
	}
}

func TestNotFoundOver(t *testing.T) {
	often := NotFound{Times: NotFoundTimes, First: noon.Add(-time.Hour), Last: noon}
	for name, c := range map[string]struct {
		why       string
		times     int
		startedBy time.Time
		want      bool
	}{
		"often and long": {"it would be found by now", NotFoundTimes, noon.Add(-NotFoundAfter), true},
		"rarely":         {"CodeBuild may lag once or twice", NotFoundTimes - 1, noon.Add(-time.Hour), false},
		"young":          {"it may have been started only now", NotFoundTimes, noon.Add(-NotFoundAfter + time.Second), false},
		"of unknown age": {"nothing is decided by what is not known", NotFoundTimes, time.Time{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			n := often
			n.Times = c.times
			if got := n.Over(noon, c.startedBy); got != c.want {
				t.Errorf("%s: got %t", c.why, got)
			}
		})
	}
}

func TestNotFoundIsKeptInTheStatus(t *testing.T) {
	b := &v1alpha1.BuildStatus{}
	for i := range NotFoundTimes {
		NotFoundOf(b).Look(noon.Add(time.Duration(i) * NotFoundSpacing)).Record(b)
	}
	if n := NotFoundOf(b); n.Times != NotFoundTimes || !n.First.Equal(noon) || !n.Last.Equal(noon.Add(2*NotFoundSpacing)) {
		t.Errorf("the status holds %+v", n)
	}
	NotFound{}.Record(b)
	if b.NotFoundTimes != 0 || b.NotFoundSince != nil || b.NotFoundLastTime != nil {
		t.Errorf("a build that is found again is still counted: %+v", b)
	}
}
