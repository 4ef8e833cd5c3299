// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sqs_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/sqs"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/notify"
	"github.com/kiro-worker/kiro-worker/internal/notify/sqs"
)

const queue = "https://sqs.eu-central-1.amazonaws.com/000000000000/dead"

func serve(t *testing.T) (*emulator.Emulator, *faults.Injector, func(string) *sqs.Notifier) {
	t.Helper()
	c := cloud.New(t, cloud.Options{Queues: []string{queue, queue + ".fifo"}})
	api := cloud.API(t, c, (*awsapi.Clients).SQS)
	return c.SQS, c.Faults, func(queue string) *sqs.Notifier { return sqs.New(api, queue) }
}

func TestNotify(t *testing.T) {
	e, _, to := serve(t)
	m := notify.Message{ID: "i1", Subject: "Failed", Text: "Größe", Attributes: map[string]string{"empty": ""}}
	for i := range 12 {
		m.Attributes[fmt.Sprintf("a%02d", i)] = "v"
	}
	if err := to(queue).Notify(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := e.Messages(queue)
	if len(got) != 1 || len(got[0].Attributes) != 10 || got[0].Attributes["a09"] != "v" {
		t.Fatalf("ten attributes go beside the body, always the same ones; got %+v", got)
	}
	var body sqs.Body
	if err := json.Unmarshal([]byte(got[0].Body), &body); err != nil {
		t.Fatal(err)
	}
	want := sqs.Body{ID: "i1", Subject: "Failed", Text: "Größe", Attributes: m.Attributes}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("and all of them in it:\n%s", diff)
	}
}

// TestLongTexts: what counts is the body as it is sent, in which JSON makes six bytes of some characters.
func TestLongTexts(t *testing.T) {
	e, _, to := serve(t)
	for name, unit := range map[string]string{"letters": "x", "quotes": `"`, "control characters": "\x01", "angles": "<", "umlauts": "ü", "not allowed": "\uFFFE"} {
		if err := to(queue).Notify(t.Context(), notify.Message{ID: name, Subject: "s", Text: strings.Repeat(unit, 300<<10)}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, m := range e.Messages(queue) {
		var body sqs.Body
		if err := json.Unmarshal([]byte(m.Body), &body); err != nil {
			t.Errorf("%s: %v", body.ID, err)
		}
		if len(m.Body) > 200<<10 || len(m.Body) < 199<<10 || !strings.HasSuffix(body.Text, "…") {
			t.Errorf("%s: the body has %d bytes, and its text ends in %q", body.ID, len(m.Body), body.Text[max(0, len(body.Text)-5):])
		}
	}
}

func TestFIFODropsRepetitions(t *testing.T) {
	e, _, to := serve(t)
	for range 2 {
		if err := to(queue+".fifo").Notify(t.Context(), notify.Message{ID: "i1", Text: "t"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.Messages(queue + ".fifo"); len(got) != 1 || got[0].GroupID == "" || got[0].DeduplicationID != "i1" {
		t.Errorf("%+v", got)
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
		"Absent":    {why: "somebody must make it", destination: queue + "x", want: fault.CodeNotFound, terminal: true},
		"Denied":    {why: "a permission is missing", destination: queue, fault: &faults.Fault{Status: 403, Code: "AccessDeniedException"}, want: fault.CodeAccessDenied, terminal: true},
		"Throttled": {why: "it passes", destination: queue, fault: &faults.Fault{Status: 400, Code: "RequestThrottled"}, want: fault.CodeRateLimited},
		"Down":      {why: "it passes", destination: queue, fault: &faults.Fault{Status: 503, Code: "ServiceUnavailable"}, want: fault.CodeUnreachable},
		"Empty 200": {why: "an answer without an id is none", destination: queue, fault: &faults.Fault{Status: 200, Body: "{}"}, want: fault.CodeInvalidAnswer},
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
