// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/redact"
)

// spelled are the ways in which tools print a value.
func spelled(secret string) []string {
	asJSON, err := json.Marshal(secret)
	if err != nil {
		panic(err)
	}
	twice, err := json.Marshal(string(asJSON))
	if err != nil {
		panic(err)
	}
	var everyByte strings.Builder
	for i := range len(secret) {
		everyByte.WriteString("%" + hex.EncodeToString([]byte{secret[i]}))
	}
	wrapped := strings.Join(strings.Split(secret, ""), "\r\n\t")
	return []string{
		secret, strings.ToUpper(secret), wrapped, string(asJSON), string(twice),
		url.QueryEscape(secret), strings.ToLower(url.QueryEscape(secret)), url.PathEscape(secret), url.QueryEscape(url.QueryEscape(secret)),
		everyByte.String(), strings.ToUpper(everyByte.String()), hex.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte("x" + secret)),
		base64.RawStdEncoding.EncodeToString([]byte("xy" + secret + "z")),
	}
}

// shown reports whether a text still shows a value in that spelling, read as a person would: without white space.
func shown(text, spelling string) bool {
	squeeze := strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", "\v", "", "\f", "")
	text, spelling = strings.ToLower(squeeze.Replace(text)), strings.ToLower(squeeze.Replace(spelling))
	return spelling != "" && strings.Contains(text, spelling)
}

// FuzzKnownValueIsNeverShown writes a value, in every spelling and with other text around it, in pieces of any size.
func FuzzKnownValueIsNeverShown(f *testing.F) {
	f.Add("hunter2-Secret/+=", "before ", " after", uint8(3))
	f.Add("p@ss w&rd<>\"'\\n%41", "\\", "n", uint8(1))
	f.Add("aaaaabaaaab", "aaaa", "aaaab", uint8(2))
	f.Add("n0t\nthe\\last", "%", "\\u0041", uint8(7))
	f.Add("redacted", "[", "]", uint8(5))
	f.Add("0000\b0\x7f", "0", "0", uint8(0))
	f.Add("ünïcödé-välue", "\xc3", "\xff", uint8(4))
	f.Add("\\\\\\\\nnnn\\\\", "\\", "\\", uint8(2))
	f.Fuzz(func(t *testing.T, secret, before, after string, size uint8) {
		count := 0
		for _, r := range secret {
			if r > 0x7f || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
				count++
			}
		}
		// Shorter ones are ignored, and five bytes are the least that base64 shows.
		if count < 5 || len(secret) < 5 || len(secret) > 200 {
			return
		}
		r := redact.New(redact.Options{Known: []string{secret}, KnownOnly: true})
		for n, spelling := range spelled(secret) {
			if strings.ToUpper(secret) == spelling && !strings.EqualFold(spelling, secret) {
				continue // its upper case is another text, as with ß
			}
			for _, byLine := range []bool{false, true} {
				var out bytes.Buffer
				w := redact.NewWriter(&out, r)
				if byLine {
					w = redact.NewLineWriter(&out, r)
				}
				for rest := before + spelling + after; rest != ""; {
					piece := min(len(rest), int(size)+1)
					if _, err := w.Write([]byte(rest[:piece])); err != nil {
						t.Fatal(err)
					}
					rest = rest[piece:]
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				core := spelling
				if n >= 12 {
					// The ends of base64 mix with what is beside it.
					core = strings.TrimRight(core, "=")
					core = core[min(3, len(core)):max(min(3, len(core)), len(core)-2)]
				}
				if shown(out.String(), core) && !shown(before+after, core) && !shown("***"+redact.Mark, core) {
					t.Fatalf("spelling %d, by line %t: %q is shown in %q", n, byLine, core, out.String())
				}
			}
		}
	})
}

// FuzzRedact holds whole texts against what holds for all of them: redacting is the same in one piece and in many,
// and nothing is taken out twice.
func FuzzRedact(f *testing.F) {
	f.Add([]byte("token=ghp_x9fKq2LmZ0aBcD3eFgH1iJkLmN4oPqRsTuVw rest"), uint8(9))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\n"+strings.Repeat("QUJDREVG\n", 12)+"-----END RSA PRIVATE KEY-----\nend"), uint8(30))
	f.Add([]byte("curl -u user:passw0rd1 https://x\ncurl -H \"Authorization: Bearer abcdefgh12345678\""), uint8(200))
	f.Add([]byte("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U;"), uint8(1))
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		r := redact.New(redact.Options{Known: []string{"known-value-1"}})
		whole := r.Bytes(text)
		var out bytes.Buffer
		w := redact.NewWriter(&out, r)
		for rest := text; len(rest) > 0; {
			piece := min(len(rest), int(size)+1)
			if _, err := w.Write(rest[:piece]); err != nil {
				t.Fatal(err)
			}
			rest = rest[piece:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(whole, out.Bytes()) {
			t.Fatalf("in pieces %q, in one %q", out.Bytes(), whole)
		}
	})
}
