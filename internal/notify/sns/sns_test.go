// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sns_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/sns"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/notify"
	"github.com/kiro-worker/kiro-worker/internal/notify/sns"
)

const topic = "arn:aws:sns:eu-central-1:000000000000:outcomes"

func serve(t *testing.T) (*emulator.Emulator, *faults.Injector, func(string) *sns.Notifier) {
	t.Helper()
	c := cloud.New(t, cloud.Options{Topics: []string{topic, topic + ".fifo"}})
	api := cloud.API(t, c, (*awsapi.Clients).SNS)
	return c.SNS, c.Faults, func(topic string) *sns.Notifier { return sns.New(api, topic) }
}

func TestNotify(t *testing.T) {
	long := strings.Repeat("é", 200<<10)
	tests := map[string]struct {
		why         string
		destination string
		message     notify.Message
		want        emulator.Message
	}{
		"Plain": {"what people and machines need", topic,
			notify.Message{ID: "i1", Subject: "Failed: feature", Text: "Tests are red.", Attributes: map[string]string{"outcome": "TestsFailed", "stage": ""}},
			emulator.Message{Subject: "Failed: feature", Text: "Tests are red.", Attributes: map[string]string{"id": "i1", "outcome": "TestsFailed"}}},
		"Subject of another alphabet": {"a branch may be called anything, a subject may not", topic,
			notify.Message{ID: "i1", Subject: " Größe\n" + strings.Repeat("x", 200), Text: "t"},
			emulator.Message{Subject: "Gr??e " + strings.Repeat("x", 94), Text: "t", Attributes: map[string]string{"id": "i1"}}},
		"No subject": {"an empty one is refused", topic, notify.Message{ID: "i1", Text: "t"},
			emulator.Message{Text: "t", Attributes: map[string]string{"id": "i1"}}},
		"FIFO": {"such a topic wants to know what repeats", topic + ".fifo", notify.Message{ID: "i1", Subject: "s", Text: "t"},
			emulator.Message{Subject: "s", Text: "t", Attributes: map[string]string{"id": "i1"}, GroupID: "kiro-worker", DeduplicationID: "i1"}},
		"Long": {"cut between characters, not within one", topic, notify.Message{ID: "i1", Subject: "s", Text: "a" + long},
			emulator.Message{Subject: "s", Text: "a" + long[:200<<10-2] + "…", Attributes: map[string]string{"id": "i1"}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			e, _, to := serve(t)
			if err := to(tc.destination).Notify(t.Context(), tc.message); err != nil {
				t.Fatalf("%s: %v", tc.why, err)
			}
			tc.want.TopicARN, tc.want.ID = tc.destination, "00000000-0000-0000-0000-000000000001"
			if diff := cmp.Diff([]emulator.Message{tc.want}, e.Messages()); diff != "" {
				t.Errorf("%s\n%s", tc.why, diff)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	tests := map[string]struct {
		why         string
		destination string
		fault       *faults.Fault
		want        fault.Code
		terminal    bool
	}{
		"Absent":    {why: "somebody must make it", destination: topic + "x", want: fault.CodeNotFound, terminal: true},
		"Not a ARN": {why: "somebody must correct it", destination: "x", want: fault.CodeInvalidRequest, terminal: true},
		"Denied":    {why: "a permission is missing", destination: topic, fault: &faults.Fault{Status: 403, Code: "AuthorizationError"}, want: fault.CodeAccessDenied, terminal: true},
		"Down":      {why: "it passes", destination: topic, fault: &faults.Fault{Status: 500, Code: "InternalError"}, want: fault.CodeUnreachable},
		"Throttled": {why: "it passes", destination: topic, fault: &faults.Fault{Status: 400, Code: "Throttling"}, want: fault.CodeRateLimited},
		"Empty":     {why: "no answer is none", destination: topic, fault: &faults.Fault{Status: 200, Body: " "}, want: fault.CodeInvalidAnswer},
		"Web page":  {why: "HTML is not SNS's XML", destination: topic, fault: &faults.Fault{NotJSON: true, Status: 200}, want: fault.CodeInvalidAnswer},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the SDK's own waits between tries take a second or two
			_, injector, to := serve(t)
			if tc.fault != nil {
				injector.Add(faults.Rule{Fault: *tc.fault})
			}
			err := to(tc.destination).Notify(t.Context(), notify.Message{ID: "i", Subject: "s", Text: "t"})
			if err == nil || fault.CodeOf(err) != tc.want || fault.IsTerminal(err) != tc.terminal {
				t.Errorf("%s: got %v (code %q)", tc.why, err, fault.CodeOf(err))
			}
		})
	}
}
