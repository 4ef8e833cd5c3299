// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"io"
	"strings"
	"testing"
)

// adversarial are texts that are made of what rules look for, without being it.
func adversarial() map[string]string {
	units := map[string]string{
		"Kubernetes":   "kind: secret\ndata:\n a: b\n",
		"KubernetesGo": "data:\n a: b\n kind: \"secret\"\n",
		"DataOnly":     "secret data: ",
		"Key":          "-----BEGIN PRIVATE KEY-----\n",
		"Assignments":  "password = x, token: 'y', api_key => z; ",
		"Curl":         "curl -u a -H 'x: y' ",
		"JWT":          "eyJ.eyJ.",
		"Prefixes":     "ghp_ sk-ant- xoxb- AKIA glpat- ",
		"Names":        "adafruit.adafruit.adafruit.",
		"Generic":      "secret.key.token.password.auth.access.cred.api.",
		"Escapes":      `%25%25\\\\\u00&amp;&#`,
	}
	texts := map[string]string{}
	for name, unit := range units {
		texts[name] = strings.Repeat(unit, (1<<20)/len(unit))
	}
	return texts
}

// A text that is made for it must not make the search take minutes: the work of a slow rule has a bound, and where it was
// given up that is said. Known values are found all the same.
func TestSlowRulesAreBounded(t *testing.T) {
	const secret = "s3cr3t-Value-1"
	for _, unit := range []string{"kind: secret\ndata:\n a: b\n", "data:\n a: b\n kind: \"secret\"\n", "kind: secret data: a: abcdefghij0123456789\n"} {
		text := []byte(strings.Repeat(unit, (512<<10)/len(unit)) + secret + "\n")
		h := hunt{set: rules(), text: text}
		h.run()
		slow := 0
		for r, spent := range h.spent {
			slow++
			if most := slowTimes*len(text) + slowLeast + r.reach; spent > most {
				t.Errorf("%s was run over %d bytes of a text of %d, for %q", r.ID, spent, len(text), unit)
			}
		}
		if slow == 0 {
			t.Errorf("%q makes nothing slow, so nothing is shown", unit)
		}
		got := New(Options{Known: []string{secret}}).String(string(text))
		if strings.Contains(got, secret) {
			t.Errorf("a known value is not found in the rest of %q", unit)
		}
		if len(h.limits) > 0 != strings.Contains(got, "NOT SEARCHED from here on by rule kubernetes-secret-yaml") {
			t.Errorf("where a rule was given up, and only there, that is said: %v", h.limits)
		}
		var streamed strings.Builder
		w := NewWriter(&streamed, New(Options{Known: []string{secret}}))
		_, _ = w.Write(text)
		_ = w.Close()
		if strings.Contains(streamed.String(), secret) || len(h.limits) > 0 && !strings.Contains(streamed.String(), "NOT SEARCHED") {
			t.Errorf("a stream is handled likewise")
		}
	}
}

// Real secrets, however many, are no such text.
func TestADumpOfSecretsIsSearchedToItsEnd(t *testing.T) {
	unit := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: shop\ntype: Opaque\ndata:\n  password: aHVudGVyMjIyMjIyMjIyMg==\n---\n"
	got := New(Options{}).String(strings.Repeat(unit, (256<<10)/len(unit)))
	if strings.Contains(got, "aHVudGVy") || strings.Contains(got, "NOT SEARCHED") {
		t.Error("a secret is left, or the search was given up")
	}
}

func BenchmarkAdversarial(b *testing.B) {
	for name, text := range adversarial() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				w := NewWriter(io.Discard, New(Options{Known: []string{"s3cr3t-Value-1"}}))
				_, _ = io.WriteString(w, text)
				_ = w.Close()
			}
		})
	}
}
