// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bytes"
	"strings"
	"testing"
)

func TestCredentialHelper(t *testing.T) {
	text := []byte(`{"protocol":"https","host":"github.com","username":"x-access-token","password":"secret"}`)
	cases := map[string]struct{ why, asked, want string }{
		"Own":       {"The server that they are for.", "protocol=https\nhost=github.com\n\n", "username=x-access-token\npassword=secret\n"},
		"OtherHost": {"A redirect to another server gets nothing.", "protocol=https\nhost=evil.test\n", ""},
		"Plain":     {"Nor does plain http.", "protocol=http\nhost=github.com\n", ""},
		"Port":      {"A port is another server.", "protocol=https\nhost=github.com:8443\n", ""},
		"Nothing":   {"No question, no answer.", "", ""},
	}
	for name, c := range cases {
		var out bytes.Buffer
		if err := answerCredential(text, strings.NewReader(c.asked), &out); err != nil || out.String() != c.want {
			t.Errorf("%s: %s got %q, %v", name, c.why, out.String(), err)
		}
	}
	if err := answerCredential([]byte("not json secret"), strings.NewReader(""), &bytes.Buffer{}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("what cannot be read is not quoted: %v", err)
	}
}
