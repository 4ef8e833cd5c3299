// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package secretsmanager_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/secretsmanager"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/secrets/secretsmanager"
)

func TestRead(t *testing.T) {
	const value = "hunter2-the-value"
	tests := map[string]struct {
		why      string
		id       string // empty: the good secret's ARN
		put      func(*emulator.Emulator) string
		fault    *faults.Fault
		want     string
		code     fault.Code
		terminal bool
	}{
		"Good":      {why: "the current value", want: value},
		"Rotated":   {why: "a new value counts at once", put: func(e *emulator.Emulator) string { return e.Put("good", "next") }, want: "next"},
		"Absent":    {why: "somebody must make it", id: "arn:aws:secretsmanager:eu-central-1:000000000000:secret:x-abcdef", code: fault.CodeCredentialsInvalid, terminal: true},
		"Deleted":   {why: "somebody must restore it", put: func(e *emulator.Emulator) string { e.Delete("good"); return "good" }, code: fault.CodeCredentialsInvalid, terminal: true},
		"Binary":    {why: "a token is text", put: func(e *emulator.Emulator) string { return e.PutBinary("b", []byte(value)) }, code: fault.CodeCredentialsInvalid, terminal: true},
		"Empty":     {why: "an empty token is none", put: func(e *emulator.Emulator) string { return e.Put("e", " \n") }, code: fault.CodeCredentialsInvalid, terminal: true},
		"Denied":    {why: "a permission is missing", fault: &faults.Fault{Status: 400, Code: "AccessDeniedException"}, code: fault.CodeAccessDenied, terminal: true},
		"Key":       {why: "the permission for the key is missing", fault: &faults.Fault{Status: 400, Code: "DecryptionFailure"}, code: fault.CodeAccessDenied, terminal: true},
		"Throttled": {why: "it passes", fault: &faults.Fault{Status: 400, Code: "ThrottlingException"}, code: fault.CodeRateLimited},
		"Down":      {why: "it passes", fault: &faults.Fault{Status: 500, Code: "InternalServiceError"}, code: fault.CodeUnreachable},
		"Empty 200": {why: "an empty object is no secret", fault: &faults.Fault{Status: 200, Body: "{}"}, code: fault.CodeInvalidAnswer},
		"Web page":  {why: "nor is a proxy's page", fault: &faults.Fault{NotJSON: true, Status: 200}, code: fault.CodeInvalidAnswer},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the SDK's own waits between tries take a second or two
			c := cloud.New(t, cloud.Options{})
			e, api := c.SecretsManager, cloud.API(t, c, (*awsapi.Clients).SecretsManager)
			id := e.Put("good", value)
			if tc.put != nil {
				id = tc.put(e)
			}
			if tc.id != "" {
				id = tc.id
			}
			if tc.fault != nil {
				c.Faults.Add(faults.Rule{Fault: *tc.fault})
			}
			got, err := secretsmanager.New(api).Read(t.Context(), id)
			if got != tc.want || (err == nil) != (tc.code == "") || fault.CodeOf(err) != tc.code || fault.IsTerminal(err) != tc.terminal {
				t.Errorf("%s: got %q and %v (code %q, terminal %t)", tc.why, got, err, fault.CodeOf(err), fault.IsTerminal(err))
			}
			if err != nil && strings.Contains(fmt.Sprintf("%+v", err), value) {
				t.Errorf("the error gives the secret away: %v", err)
			}
		})
	}
	if _, err := secretsmanager.New(nil).Read(t.Context(), ""); fault.CodeOf(err) != fault.CodeCredentialsInvalid {
		t.Errorf("no ARN at all: got %v", err)
	}
}
