// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	p := Retry{Tries: 5, Base: Duration(time.Second), Factor: 2, Cap: Duration(5 * time.Second), Jitter: 0.5}
	for n, want := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 5 * time.Second, 99: 5 * time.Second} {
		if got := p.Backoff(n, 0); got != want {
			t.Errorf("after failure %d it waits %s, want %s", n, got, want)
		}
	}
	if got := p.Backoff(1, 1); got != 500*time.Millisecond {
		t.Errorf("jitter takes up to half off, got %s", got)
	}
	if got := (Retry{Base: Duration(time.Second), Cap: Duration(time.Minute)}).Backoff(9, 0); got != time.Second {
		t.Errorf("without a factor the wait stays the same, got %s", got)
	}
}

func TestRetryOr(t *testing.T) {
	if got := (Retry{}).Or(RetryGit); got != RetryGit {
		t.Errorf("a policy that is not set is the fallback, got %+v", got)
	}
	got := Retry{Tries: 2, Base: Duration(time.Second)}.Or(RetryGit)
	if got.Tries != 2 || got.Factor != RetryGit.Factor || got.Cap != RetryGit.Cap {
		t.Errorf("what is left open is the fallback's, got %+v", got)
	}
}

func TestDurationText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		15 * time.Minute: "15m", time.Hour: "1h", 90 * time.Minute: "1h30m", 10 * time.Minute: "10m", 90 * time.Second: "1m30s",
		100 * time.Millisecond: "100ms", 0: "0s", 10 * time.Second: "10s", time.Hour + time.Second: "1h0m1s",
	} {
		text, err := json.Marshal(Duration(d))
		if err != nil || string(text) != `"`+want+`"` {
			t.Errorf("%d is written as %s (%v), want %q", d, text, err, want)
		}
		var back Duration
		if err := json.Unmarshal(text, &back); err != nil || time.Duration(back) != d {
			t.Errorf("%s is read as %s (%v)", text, time.Duration(back), err)
		}
	}
	for _, text := range []string{`900000000000`, `"soon"`, `{}`} {
		if err := json.Unmarshal([]byte(text), new(Duration)); err == nil {
			t.Errorf("%s is no duration", text)
		}
	}
}
