// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestLeaseAllows(t *testing.T) {
	cases := map[string]struct {
		why    string
		lease  lease
		now    time.Time
		effect time.Duration
		err    string
	}{
		"Fresh":        {"Just checked, and hours to go.", renewed(noon, time.Hour), noon.Add(time.Second), time.Minute, ""},
		"TenSeconds":   {"Ten seconds are still good.", renewed(noon, time.Hour), noon.Add(10 * time.Second), time.Minute, ""},
		"Older":        {"A check that is older says nothing about now.", renewed(noon, time.Hour), noon.Add(10*time.Second + 1), time.Minute, "last checked"},
		"Short":        {"The call could still be on its way when the lease ends.", renewed(noon, time.Minute), noon.Add(time.Second), time.Minute, "the lease ends in"},
		"JustLonger":   {"Longer than the call's time-out is enough.", renewed(noon, time.Minute), noon.Add(time.Second), 58 * time.Second, ""},
		"Ended":        {"Over is over.", renewed(noon, time.Second), noon.Add(2 * time.Second), time.Millisecond, "the lease ends in"},
		"NeverClaimed": {"A lease that was never checked is none.", lease{}, noon, time.Second, "never checked"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := c.lease.allows(c.now, c.effect)
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s\ngot %v", c.why, err)
			}
		})
	}
}
