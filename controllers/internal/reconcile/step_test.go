// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

type fakeStep struct {
	name   string
	result reconcile.Result
	err    error
	ran    *[]string
}

func (s fakeStep) Condition() string { return s.name }

func (s fakeStep) Reconcile(context.Context, int) (reconcile.Result, error) {
	*s.ran = append(*s.ran, s.name)
	return s.result, s.err
}

func TestRun(t *testing.T) {
	down := errors.New("down")
	for name, c := range map[string]struct {
		why    string
		steps  []fakeStep
		ran    []string
		done   bool
		after  time.Duration
		failed string
	}{
		"all done": {
			"every step runs", []fakeStep{{name: "a", result: reconcile.Done()}, {name: "b", result: reconcile.Done()}},
			[]string{"a", "b"}, true, 0, "",
		},
		"one waits": {
			"what comes after a step that is not done would act too early",
			[]fakeStep{{name: "a", result: reconcile.WaitFor(time.Minute)}, {name: "b", result: reconcile.Done()}},
			[]string{"a"}, false, time.Minute, "",
		},
		"sooner": {
			"a step that is done may still have a deadline of its own",
			[]fakeStep{{name: "a", result: reconcile.DoneFor(time.Second)}, {name: "b", result: reconcile.WaitFor(time.Minute)}},
			[]string{"a", "b"}, false, time.Second, "",
		},
		"one fails": {
			"its condition says why", []fakeStep{{name: "a", result: reconcile.Done()}, {name: "b", err: down}, {name: "c", result: reconcile.Done()}},
			[]string{"a", "b"}, false, 0, "b",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var ran []string
			steps := make([]reconcile.Step[int], 0, len(c.steps))
			for _, s := range c.steps {
				s.ran = &ran
				steps = append(steps, s)
			}
			failed := ""
			result, err := reconcile.Run(t.Context(), 0, steps, func(condition string, _ error) { failed = condition })
			if (err != nil) != (c.failed != "") || failed != c.failed {
				t.Errorf("%s: failed in %q with %v", c.why, failed, err)
			}
			if diff := cmp.Diff(c.ran, ran); diff != "" {
				t.Errorf("%s: steps, -want +got:\n%s", c.why, diff)
			}
			if err == nil && (result.IsDone() != c.done || result.After() != c.after) {
				t.Errorf("%s: done is %t, again after %s", c.why, result.IsDone(), result.After())
			}
		})
	}
}

func TestRunAll(t *testing.T) {
	down, refused := errors.New("down"), errors.New("refused")
	for name, c := range map[string]struct {
		why      string
		steps    []fakeStep
		after    time.Duration
		failures []reconcile.Failure
		failed   []string
	}{
		"all done": {
			"the soonest of all times counts",
			[]fakeStep{{name: "a", result: reconcile.DoneFor(time.Minute)}, {name: "b", result: reconcile.WaitFor(time.Second)}, {name: "c", result: reconcile.Done()}},
			time.Second, nil, nil,
		},
		"two fail": {
			"who repairs the first wants to know of the second",
			[]fakeStep{{name: "a", err: down}, {name: "b", result: reconcile.WaitFor(time.Minute)}, {name: "c", err: refused}},
			time.Minute, []reconcile.Failure{{Condition: "a", Err: down}, {Condition: "c", Err: refused}}, []string{"a", "c"},
		},
		"no condition": {
			"what has no condition is left to the caller", []fakeStep{{err: down}, {name: "b", result: reconcile.Done()}},
			0, []reconcile.Failure{{Err: down}}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var ran, failed []string
			steps := make([]reconcile.Step[int], 0, len(c.steps))
			for _, s := range c.steps {
				s.ran = &ran
				steps = append(steps, s)
			}
			result, failures := reconcile.RunAll(t.Context(), 0, steps, func(condition string, _ error) {
				if last := ran[len(ran)-1]; last != condition {
					t.Errorf("the failure of %s is only reported after %s ran", condition, last)
				}
				failed = append(failed, condition)
			})
			if len(ran) != len(steps) {
				t.Errorf("%s: only %v ran", c.why, ran)
			}
			if diff := cmp.Diff(c.failures, failures, cmp.Comparer(errors.Is)); diff != "" {
				t.Errorf("%s: failures, -want +got:\n%s", c.why, diff)
			}
			if diff := cmp.Diff(c.failed, failed); diff != "" {
				t.Errorf("%s: reported, -want +got:\n%s", c.why, diff)
			}
			if result.After() != c.after {
				t.Errorf("%s: again after %s, want %s", c.why, result.After(), c.after)
			}
		})
	}
}

func TestSooner(t *testing.T) {
	for _, c := range []struct {
		one, other, want time.Duration
	}{
		{0, 0, 0}, {0, time.Second, time.Second}, {time.Second, 0, time.Second},
		{time.Minute, time.Second, time.Second}, {time.Second, time.Minute, time.Second},
	} {
		if got := reconcile.WaitFor(c.one).Sooner(reconcile.WaitFor(c.other)).After(); got != c.want {
			t.Errorf("of %s and %s it is %s, want %s", c.one, c.other, got, c.want)
		}
	}
	if reconcile.WaitFor(0).Sooner(reconcile.Done()).IsDone() {
		t.Error("another result's end must not let the next step run")
	}
}
