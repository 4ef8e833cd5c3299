// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// appToken is a token of an App as they are since April 2026: some 520 characters with dots in them.
var appToken = "ghs_123456_eyJhbGciOiJSUzI1NiJ9." + strings.Repeat("aB3dE6gH9-", 40) + "." + strings.Repeat("xY_7", 20)

// The agent prints a token that nobody told redaction of, also within an address.
func TestAppTokensOfTheAgentsOutput(t *testing.T) {
	w := newWorld(t, `echo "token `+appToken+`"; echo "https://x-access-token:`+appToken+`@github.com/acme/shop.git"; echo "$1" > "f$1"`)
	w.succeed()
	if log := w.artifact("logs/kiro-cli.log"); strings.Contains(log, "aB3dE6gH9-aB3d") || !strings.Contains(log, "token ") {
		t.Errorf("the token is in the log:\n%.600s", log)
	}
}

// The agent's key, in disguises that the security page promises to see through.
func TestSecretsInDisguise(t *testing.T) {
	utf16 := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			b.WriteString(`\000\` + string([]byte{'0' + c>>6, '0' + c>>3&7, '0' + c&7}))
		}
		return b.String()
	}
	between := func(s, what string) string { return strings.Join(strings.Split(s, ""), what) }
	for name, printed := range map[string]string{
		"plain":      agentKey,
		"base64":     base64.StdEncoding.EncodeToString([]byte("key=" + agentKey)),
		"hex":        hex.EncodeToString([]byte(agentKey)),
		"upper case": strings.ToUpper(agentKey),
		"ANSI":       between(agentKey, `\033[1m`),
		"zero width": between(agentKey, `\342\200\213`),
		"UTF-16":     utf16(agentKey),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, `printf 'before `+printed+` after\n'; echo "$1" > "f$1"`)
			w.succeed()
			log := w.artifact("logs/kiro-cli.log")
			if !strings.Contains(log, "before ") || !strings.Contains(log, "after") {
				t.Fatalf("the log is not there:\n%s", log)
			}
			bare := strings.NewReplacer("\x1b[1m", "", "\u200b", "", "\x00", "").Replace(log)
			for _, secret := range []string{agentKey, printed, strings.ToUpper(agentKey)} {
				if strings.Contains(bare, secret) {
					t.Errorf("%q is in the log:\n%s", secret, log)
				}
			}
		})
	}
}

// The agent prints what makes the rules work hardest, and its key at the end: the build comes to its end, and the key is
// not in the log.
func TestAFloodForTheRulesHidesNoSecret(t *testing.T) {
	w := newWorld(t, `yes 'kind: secret
data:
 a: b' | head -c 3000000; echo "last `+agentKey+`"; echo "$1" > "f$1"`)
	w.succeed()
	if log := w.artifact("logs/kiro-cli.log"); strings.Contains(log, agentKey) || len(log) < 1_000_000 {
		t.Errorf("%d bytes of log, the key is in it: %t", len(log), strings.Contains(log, agentKey))
	}
}

// Reports that are all syntax: the build measures nothing, and is not killed for want of memory.
func TestReportsThatEatMemory(t *testing.T) {
	for name, write := range map[string]string{
		"Jest":  `{ printf '{"numTotalTests":1,"testResults":['; yes '{},' | tr -d '\n' | head -c 48000000; printf '{}]}'; } > results.json`,
		"JUnit": `{ printf '<testsuites><testsuite'; yes ' a="b"' | tr -d '\n' | head -c 48000000; printf '/></testsuites>'; } > results.json`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, `echo "$1" > "f$1"`, func(f map[string]string) { f["test.sh"] = write + "\n" })
			before := peakMemory(t)
			metadata := w.build()
			if grown := peakMemory(t) - before; grown > 256<<20 {
				t.Errorf("reading it took %d MiB", grown>>20)
			}
			if strings.Contains(metadata, string(contract.OutcomeSucceeded)+`"`) {
				t.Errorf("nothing was measured, and it passed:\n%s", metadata)
			}
		})
	}
}
