// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// NotFound is the looks in a row at which the build service did not know a build. It is the one rule for when such a
// build counts as over, for the item's own controller and for whoever wants to reclaim its lock.
type NotFound struct {
	Times       int
	First, Last time.Time
}

// Look counts one more look, unless the last one that counted was less than NotFoundSpacing before.
func (n NotFound) Look(at time.Time) NotFound {
	switch {
	case n.Times == 0:
		return NotFound{Times: 1, First: at, Last: at}
	case at.Before(n.Last):
		n.Last = at // the clock was set back, and the next look must not wait until it has caught up
	case at.Sub(n.Last) >= NotFoundSpacing:
		n.Times, n.Last = n.Times+1, at
	}
	return n
}

// Over reports whether the build is over: it was not found in enough looks, and it was started, at the latest at the
// given time, so long ago that a build which is only not visible yet would be found by now.
func (n NotFound) Over(now, startedBy time.Time) bool {
	return n.Times >= NotFoundTimes && !startedBy.IsZero() && now.Sub(startedBy) >= NotFoundAfter
}

// NotFoundOf is what the status holds of it.
func NotFoundOf(b *v1alpha1.BuildStatus) NotFound {
	n := NotFound{Times: int(b.NotFoundTimes)}
	if b.NotFoundSince != nil {
		n.First = b.NotFoundSince.Time
	}
	if b.NotFoundLastTime != nil {
		n.Last = b.NotFoundLastTime.Time
	}
	return n
}

// Record writes it into the status. The zero NotFound is a build that is found.
func (n NotFound) Record(b *v1alpha1.BuildStatus) {
	b.NotFoundSince, b.NotFoundTimes, b.NotFoundLastTime = nil, int32(n.Times), nil //nolint:gosec // counted from 0, once a minute
	if n.Times == 0 {
		return
	}
	first, last := metav1.NewTime(n.First), metav1.NewMicroTime(n.Last)
	b.NotFoundSince, b.NotFoundLastTime = &first, &last
}
