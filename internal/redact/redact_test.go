// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/redact"
)

func TestKnownValues(t *testing.T) {
	const secret = "s3cr3t-Valu/e+1"
	pem := "-----BEGIN PRIVATE KEY-----\n" + strings.Repeat("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo\n", 3) + "-----END PRIVATE KEY-----\n"
	cases := []struct {
		why, known, text, want string
	}{
		{"as it is", secret, "a s3cr3t-Valu/e+1 b", "a [REDACTED] b"},
		{"in another case", secret, "a S3CR3T-VALU/E+1 b", "a [REDACTED] b"},
		{"in the midst of a word", secret, "xs3cr3t-Valu/e+1y", "x[REDACTED]y"},
		{"twice, side by side", secret, "s3cr3t-Valu/e+1s3cr3t-Valu/e+1", "[REDACTED][REDACTED]"},
		{"broken over lines, with indentation", secret, "a s3cr3t-\r\n    Valu/e+1 b", "a [REDACTED] b"},
		{"escaped for a URL, and again", secret, "a s3cr3t-Valu%2Fe%2b1 s3cr3t-Valu%252Fe%252B1 b", "a [REDACTED] [REDACTED] b"},
		{"escaped for JSON, and again", `p"a\ss<word`, `{"a":"p\"a\\ss\u003cword"} "{\"a\":\"p\\\"a\\\\ss\\u003cword\"}"`, `{"a":"[REDACTED]"} "{\"a\":\"[REDACTED]\"}"`},
		{"with a line's end that JSON escapes", "line-one\nline-two", `{"a":"line-one\nline-two"}`, `{"a":"[REDACTED]"}`},
		{"escaped for XML", "pa<ss&word", "<a>pa&lt;ss&amp;word</a>", "<a>[REDACTED]</a>"},
		{"in hexadecimal", "s3cr3t-value", "73336372 33742D76616C7565", "[REDACTED]"},
		{"beginning in the middle of what also begins it", "aabaac", "aabaabaac", "aab[REDACTED]"},
		{"a value that is a part of another", "short-value", "short-value", "[REDACTED]"},
		{"a line of a value with several", pem, "log: QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo!", "log: [REDACTED]!"},
		{"but not the first and last line, which are the same for everybody", pem, "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----"},
		{"a text within a value that is JSON", `{"token":"tok-12345678","id":7}`, "got tok-12345678", "got [REDACTED]"},
		{"a value with a line's end that is not part of it", "value-1234\n", "value-1234, value-1234", "[REDACTED], [REDACTED]"},
		{"a value that is too short to be distinguished from text is left", "abc", "abc", "abc"},
		{"a value of signs only is left", "------------", "------------", "------------"},
		{"an empty value takes nothing out", "", "text", "text"},
		{"a value that the mark would show", "redacted", "it is redacted", "it is ***"},
		{"coloured letter by letter", "s3cr3t-value", "\x1b[1;31ms3cr\x1b[0m\x1b[38;2;255;100;0m3t-v\x1b[K\x1b(Balue\x1b[0m.", "\x1b[1;31m[REDACTED]\x1b[0m."},
		{"with letters in between that nobody sees", "s3cr3t-value", "s\u200b3\u200dc\ufeffr\u00ad3\u2060t\u202e-\ufe0fv\U000e0041alue.", "[REDACTED]."},
		{"in UTF-16", "s3cr3t-value", "s\x003\x00c\x00r\x003\x00t\x00-\x00v\x00a\x00l\x00u\x00e\x00.", "[REDACTED]\x00."},
		{"escaped, and coloured within", "s3cr3t-value", `s3cr3t\u002d` + "\x1b[0mvalue.", "[REDACTED]."},
		{"letters of other scripts are no format", "s3cr3t-value", "s3cr3té-value ещё…", "s3cr3té-value ещё…"},
		{"only the beginning of a value is no value", secret, "s3cr3t-Valu", "s3cr3t-Valu"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			r := redact.New(redact.Options{Known: []string{c.known}, KnownOnly: true})
			if diff := cmp.Diff(c.want, r.String(c.text)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKnownValueInBase64(t *testing.T) {
	const secret = "s3cr3t-Value-that-is-known"
	r := redact.New(redact.Options{Known: []string{secret}, KnownOnly: true})
	for _, before := range []string{"", "a", "ab", "abc", "\xff\xfe"} {
		for name, encoding := range map[string]*base64.Encoding{"standard": base64.StdEncoding, "for URLs": base64.RawURLEncoding} {
			text := encoding.EncodeToString([]byte(before + secret + "\xfb\xff tail"))
			got := r.String(text)
			if !strings.Contains(got, redact.Mark) || len(got) > len(text)-len(secret)*4/3+len(redact.Mark)+5 {
				t.Errorf("%s with %d bytes before: %q became %q", name, len(before), text, got)
			}
			// As MIME and PEM wrap it.
			if wrapped := r.String(text[:20] + "\n" + text[20:]); !strings.Contains(wrapped, redact.Mark) {
				t.Errorf("%s, wrapped: %q", name, wrapped)
			}
		}
	}
}

// token makes what looks like a secret only when the test runs: scanners stop a push of files that hold one.
func token(parts ...string) string { return strings.Join(parts, "") }

func TestRules(t *testing.T) {
	cases := []struct{ why, text, want string }{
		{"a token with a prefix of its own", "using " + token("gh", "p_", "x9fKq2LmZ0aBcD3eFgH1iJkLmN4oPqRsTuVw") + " now", "using [REDACTED:github-pat] now"},
		{"a value behind a telling name; the name stays", `db_password = "` + token("Zk39fj!d93", "kd93kdk3lsdF") + `"`, `db_password = "` + token("Zk39fj!d93", "kd93kdk3lsdF") + `"`},
		{"a value behind a telling name, of the right characters", `api_key: ` + token("Zk39fjd8xQ7b", "LmT2wRvp5nYsG"), "api_key: [REDACTED:generic-api-key]"},
		{"a name that is known not to hold secrets", `primary_key: ` + token("Zk39fjd8xQ7b", "LmT2wRvp5nYsG"), "primary_key: " + token("Zk39fjd8xQ7b", "LmT2wRvp5nYsG")},
		{"a variable is no secret", "token=${GITHUB_TOKEN_FROM_ENV}", "token=${GITHUB_TOKEN_FROM_ENV}"},
		{"words are no secret", "secret: configuration.reloaded", "secret: configuration.reloaded"},
		{"a private key, in full", "a\n" + token("-----BEGIN ", "RSA PRIVATE KEY-----\n") + strings.Repeat("QUJDREVGR0hJSktM\n", 9) + "-----END RSA PRIVATE KEY-----\nb", "a\n[REDACTED:private-key]\nb"},
		{"a password in a command, which stays readable", "curl -s -u admin:" + token("Sup3r", "Geh3im") + " https://x", "curl -s -u [REDACTED:curl-auth-user] https://x"},
		{"the same option of another command", "docker -u admin:" + token("Sup3r", "Geh3im") + " x", "docker -u admin:" + token("Sup3r", "Geh3im") + " x"},
		{"ordinary text", "npm test passed: 12 of 12 tests in 3.1 s", "npm test passed: 12 of 12 tests in 3.1 s"},
	}
	r := redact.New(redact.Options{})
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if diff := cmp.Diff(c.want, r.String(c.text)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

// write writes a text in pieces and returns what came out.
func write(t *testing.T, w *redact.Writer, out *bytes.Buffer, text string, piece int) string {
	t.Helper()
	for rest := text; rest != ""; {
		n := min(len(rest), piece)
		if _, err := io.WriteString(w, rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A secret is found wherever it is in a stream, above all across the places at which the writer moves on.
func TestStreamsOfAnyLength(t *testing.T) {
	const secret = "known-secret-value"
	r := redact.New(redact.Options{Known: []string{secret}})
	pat := token("gh", "p_", "x9fKq2LmZ0aBcD3eFgH1iJkLmN4oPqRsTuVw")
	for _, filler := range []int{0, 1, 250_000, 262_135, 262_144 - 16384 - 5, 262_144 - 9, 262_144, 600_001} {
		fill := strings.Repeat("x ", filler/2) + strings.Repeat("y", filler%2)
		var out bytes.Buffer
		got := write(t, redact.NewWriter(&out, r), &out, fill+" "+secret+" "+fill+" "+pat+" "+fill, 4093)
		want := fill + " [REDACTED] " + fill + " [REDACTED:github-pat] " + fill
		if got != want {
			t.Errorf("with %d bytes around: %d bytes came out; want %d, with both marks", filler, len(got), len(want))
		}
	}
}

func TestLinesArePassedOnAtOnce(t *testing.T) {
	const secret = "known-secret-value"
	key := token("-----BEGIN ", "EC PRIVATE KEY-----\n") + strings.Repeat("QUJDREVGR0hJSktM\n", 6) + "-----END EC PRIVATE KEY-----\n"
	cases := []struct {
		why, first, now, then, end string
	}{
		{"a whole line", "one\n", "one\n", "two\n", "one\ntwo\n"},
		{"half a line waits for its end", "one", "", " more\n", "one more\n"},
		{"a line with a secret", "a " + secret + "\n", "a [REDACTED]\n", "b\n", "a [REDACTED]\nb\n"},
		{"a line that ends with most of a secret waits", "a known-secret-\n", "a ", "value\n", "a [REDACTED]\n"},
		{"and is passed on if it was none", "a known-secret-\n", "a ", "agent\n", "a known-secret-\nagent\n"},
		{"a few letters of a secret are passed on, the whole never", "a known\n", "a known\n", "-secret-value\n", "a known\n[REDACTED]\n"},
		{"a private key waits for its end", "a\n" + key[:60], "a\n", key[60:] + "b\n", "a\n[REDACTED:private-key]\nb\n"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			var out bytes.Buffer
			w := redact.NewLineWriter(&out, redact.New(redact.Options{Known: []string{secret}}))
			if _, err := io.WriteString(w, c.first); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.now, out.String()); diff != "" {
				t.Errorf("at once (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.end, write(t, w, &out, c.then, 1000)); diff != "" {
				t.Errorf("in the end (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValuesAddedLaterAreKnownToOpenWriters(t *testing.T) {
	var out bytes.Buffer
	r := redact.New(redact.Options{KnownOnly: true})
	w := redact.NewLineWriter(&out, r)
	if _, err := io.WriteString(w, "later-secret\n"); err != nil {
		t.Fatal(err)
	}
	r.Add("later-secret")
	if got, want := write(t, w, &out, "later-secret\n", 100), "later-secret\n[REDACTED]\n"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

// A line of 200 MB takes no more memory than one of 2.
func TestMemoryDoesNotGrowWithTheStream(t *testing.T) {
	r := redact.New(redact.Options{Known: []string{"known-secret-value"}})
	piece := []byte(strings.Repeat("key value token module 12345 ", 40_000))
	grown := func(size int) uint64 {
		var before, after runtime.MemStats
		w := redact.NewWriter(io.Discard, r)
		for range 2 {
			if _, err := w.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&before)
		for written := 0; written < size; written += len(piece) {
			if _, err := w.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if after.HeapAlloc < before.HeapAlloc {
			return 0
		}
		return after.HeapAlloc - before.HeapAlloc
	}
	size := 200 << 20
	if testing.Short() {
		size = 20 << 20
	}
	if n := grown(size); n > 1<<20 {
		t.Errorf("%d bytes of memory were still held after %d MB", n, size>>20)
	}
}

// A token that is longer than what can be held is taken out to its end.
func TestTokenWithoutEnd(t *testing.T) {
	const size = 3 << 20
	text := "a " + token("eyJhbGciOiJIUzI1NiJ9", ".", "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0", ".") + strings.Repeat("dozjgNryP4J3jVmNHl0w5N", size/22) + " end"
	var out bytes.Buffer
	got := write(t, redact.NewWriter(&out, redact.New(redact.Options{})), &out, text, 32<<10)
	if got != "a [REDACTED:jwt] end" {
		t.Errorf("%d bytes came out: %.80q … %q", len(got), got, got[max(0, len(got)-40):])
	}
}

// failing is a destination that takes one write.
type failing struct{ taken bool }

var errFull = errors.New("disk full")

func (f *failing) Write(p []byte) (int, error) {
	if f.taken {
		return 0, errFull
	}
	f.taken = true
	return len(p), nil
}

func TestErrorsOfTheDestinationAreReported(t *testing.T) {
	w := redact.NewLineWriter(&failing{}, redact.New(redact.Options{}))
	if _, err := io.WriteString(w, "one\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "two\n"); !errors.Is(err, errFull) {
		t.Errorf("the write gave %v; want %v", err, errFull)
	}
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("closing gave %v; want %v", err, errFull)
	}
}

func TestConcurrentUse(t *testing.T) {
	r := redact.New(redact.Options{})
	var out bytes.Buffer
	w := redact.NewLineWriter(&out, r)
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			for range 50 {
				r.Add("value-number-" + string(rune('a'+n)))
				if _, err := io.WriteString(w, "a value-number-"+string(rune('a'+n))+" b\n"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), strings.Repeat("a [REDACTED] b\n", 200); got != want {
		t.Errorf("%d bytes came out; want %d", len(got), len(want))
	}
}
