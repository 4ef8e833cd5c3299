// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestRetry(t *testing.T) {
	cases := map[string]struct {
		why       string
		change    func(*v1alpha1.WorkItem)
		args      []string
		code      int
		say       string
		triggered *metav1.Time // nil: as it was
		cancel    bool
	}{
		"Failed": {
			why: "what failed is triggered as of now", change: ended(v1alpha1.ReasonTestsFailed), say: "triggered again", triggered: at(0),
		},
		"ClockBehind": {
			why: "a person's clock may be behind the board's: a trigger that is not later than the recorded one is none",
			change: func(item *v1alpha1.WorkItem) {
				ended(v1alpha1.ReasonTestsFailed)(item)
				item.Spec.TriggeredAt, item.Status.ObservedTrigger = at(time.Hour), at(2*time.Hour)
			},
			triggered: at(2*time.Hour + time.Second),
		},
		"ByHand": {
			why: "an item without spec.triggeredAt is triggered by its creation, which here is later than the clock",
			change: func(item *v1alpha1.WorkItem) {
				ended(v1alpha1.ReasonTestsFailed)(item)
				item.Spec.TriggeredAt, item.Status.ObservedTrigger = nil, at(time.Hour)
			},
			say: "triggered again",
		},
		"Running": {
			why: "a new trigger would begin right after the running attempt", change: running, code: exitRefused,
			say: "attempt 2 of item still runs (phase Running); wait for its end, or stop it with `kubectl workitem cancel item`",
		},
		"Cancelled": {
			why: "a cancellation is somebody's decision, not to be undone as a side effect",
			change: func(item *v1alpha1.WorkItem) {
				ended(v1alpha1.ReasonCancelled)(item)
				item.Spec.Cancel = true
			},
			code: exitRefused, say: "give --force", cancel: true,
		},
		"CancelledByForce": {
			why: "unless that is asked for",
			change: func(item *v1alpha1.WorkItem) {
				ended(v1alpha1.ReasonCancelled)(item)
				item.Spec.Cancel = true
			},
			args: []string{"--force"}, triggered: at(0),
		},
		"RunningByForce": {
			why: "force is about the cancellation only", change: running, args: []string{"--force"}, code: exitRefused, say: "still runs",
		},
		"Withdrawn": {
			why: "the polls would withdraw it again, and the person has to know",
			change: func(item *v1alpha1.WorkItem) {
				ended(v1alpha1.ReasonWithdrawn)(item)
				item.Annotations = map[string]string{v1alpha1.WithdrawnAnnotation: "2026-11-02T11:00:00Z"}
			},
			say: "Move it back", triggered: at(0),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before := w.item("item", tc.change)
			w.call(append([]string{"retry", "item"}, tc.args...)...).want(t, tc.code, tc.say)
			item := w.get("item")
			switch {
			case name == "ByHand":
				if want := item.CreationTimestamp.Add(time.Second); !item.Spec.TriggeredAt.Time.Equal(want) {
					t.Errorf("%s: triggered at %s, want %s", tc.why, item.Spec.TriggeredAt, want)
				}
			case tc.triggered == nil && !item.Spec.TriggeredAt.Equal(before.Spec.TriggeredAt):
				t.Errorf("%s: triggered at %s although it was refused", tc.why, item.Spec.TriggeredAt)
			case tc.triggered != nil && !item.Spec.TriggeredAt.Equal(tc.triggered):
				t.Errorf("%s: triggered at %s, want %s", tc.why, item.Spec.TriggeredAt, tc.triggered)
			}
			if item.Spec.Cancel != tc.cancel {
				t.Errorf("%s: cancel is %t", tc.why, item.Spec.Cancel)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	cases := map[string]struct {
		why    string
		change func(*v1alpha1.WorkItem)
		code   int
		say    string
		cancel bool
	}{
		"Running": {why: "the build is stopped", change: running, say: "Its build is being stopped", cancel: true},
		"Waiting": {why: "a waiting item never starts", say: "No attempt was running", cancel: true},
		"Twice": {
			why:    "to ask twice does no harm",
			change: func(item *v1alpha1.WorkItem) { running(item); item.Spec.Cancel = true },
			say:    "is cancelled already", cancel: true,
		},
		"Ended": {
			why: "a cancellation would do nothing but hinder the next retry", change: ended(v1alpha1.ReasonTestsFailed),
			code: exitRefused, say: "has ended already (TestsFailed)",
		},
		"TriggeredAgain": {
			why: "it ended, and was triggered since: there is something to cancel",
			change: func(item *v1alpha1.WorkItem) {
				ended(v1alpha1.ReasonTestsFailed)(item)
				item.Spec.TriggeredAt = at(0)
			},
			say: "is cancelled", cancel: true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.item("item", tc.change)
			w.call("cancel", "item").want(t, tc.code, tc.say)
			if got := w.get("item").Spec.Cancel; got != tc.cancel {
				t.Errorf("%s: cancel is %t", tc.why, got)
			}
		})
	}
}

func TestPriority(t *testing.T) {
	w := newWorld(t)
	w.item("item", running)
	for _, tc := range []struct {
		why, n string
		code   int
		say    string
		want   int32
	}{
		{"higher is first", "7", exitOK, "The priority of item is 7", 7},
		{"a negative number is no flag", "-1000", exitOK, "counts when the item waits in the queue again", -1000},
		{"out of bounds", "1001", exitUsage, "from -1000 to 1000", -1000},
		{"no number", "high", exitUsage, `"high" is not a whole number`, -1000},
	} {
		w.call("priority", "item", tc.n).want(t, tc.code, tc.say)
		if got := w.get("item").Spec.Priority; got != tc.want {
			t.Errorf("%s: %d, want %d", tc.why, got, tc.want)
		}
	}
}

// TestChangesAreThePersons: the controllers own other fields by other names, and a change of one field must not make it
// the owner of the rest of the object.
func TestChangesAreThePersons(t *testing.T) {
	w := newWorld(t)
	w.item("item", nil)
	w.call("priority", "item", "5").want(t, exitOK)
	for _, f := range w.get("item").ManagedFields {
		if f.Manager != fieldOwner {
			continue
		}
		if got := f.FieldsV1.GetRawString(); got != `{"f:spec":{"f:priority":{}}}` {
			t.Errorf("the program owns %s", got)
		}
		return
	}
	t.Errorf("no write has the name %s", fieldOwner)
}

func TestErrors(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct {
		why, say string
		args     []string
		code     int
	}{
		"NoCommand":      {why: "help is shown, and a script sees a failure", code: exitUsage, say: "no command was given"},
		"UnknownCommand": {why: "a misspelt command", args: []string{"lst"}, code: exitUsage, say: `there is no command "lst"`},
		"UnknownFlag":    {why: "a misspelt flag", args: []string{"retry", "item", "--forse"}, code: exitUsage, say: "kubectl workitem retry -h"},
		"NoName":         {why: "which item?", args: []string{"show"}, code: exitUsage, say: "the usage is `kubectl workitem show NAME`"},
		"NoItem":         {why: "a script can tell it from a failure", args: []string{"show", "nothing"}, code: exitNotFound, say: "kubectl workitem list -A"},
		"NoItemToRetry":  {why: "the same when writing", args: []string{"retry", "nothing"}, code: exitNotFound, say: w.namespace},
		"NoContext":      {why: "a kubeconfig without that context", args: []string{"list", "--context", "nowhere"}, code: exitFailed, say: `context "nowhere" does not exist`},
		"NoServer": {
			why: "a cluster that does not answer", args: []string{"list", "--server", "https://127.0.0.1:1"}, code: exitFailed, say: "connection refused",
		},
		"BadOutput": {why: "kubectl itself prints objects", args: []string{"list", "-o", "yaml"}, code: exitUsage, say: "kubectl get workitems -o yaml"},
		"NotAllowed": {
			why: "who to ask", args: []string{"retry", "item", "--as", "nobody"}, code: exitFailed, say: "ask an administrator of the namespace",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "NoCommand" {
				a := answer{}
				var out, errOut strings.Builder
				a.code = app{out: &out, errOut: &errOut}.run(t.Context(), nil)
				a.out, a.errOut = out.String(), errOut.String()
				a.want(t, tc.code, tc.say, "unlock [NAME]")
				return
			}
			w.call(tc.args...).want(t, tc.code, "error: ", tc.say)
		})
	}
}

// TestNoCluster: client-go's own words for it name a variable that is of no use here.
func TestNoCluster(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errOut strings.Builder
	code := app{out: &out, errOut: &errOut}.run(t.Context(), []string{"list", "--kubeconfig", empty})
	answer{code, out.String(), errOut.String()}.want(t, exitFailed, "no cluster is configured: give --kubeconfig")
}

func TestHelp(t *testing.T) {
	for _, c := range commands() {
		var out, errOut strings.Builder
		if code := (app{out: &out, errOut: &errOut}).run(t.Context(), []string{c.name, "-h"}); code != exitOK {
			t.Errorf("help of %s ends with %d", c.name, code)
		}
		if n := strings.Count(out.String(), "--endpoint-url"); n > 1 {
			t.Errorf("help of %s has a flag %d times", c.name, n)
		}
		if !strings.Contains(out.String(), "kubectl workitem "+c.name) || strings.Contains(out.String(), "--kubeconfig") == c.offline {
			t.Errorf("help of %s:\n%s", c.name, out.String())
		}
	}
}
