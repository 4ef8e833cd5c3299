// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// DefaultHarness is the generation of Kiro's harness that is asked for. It is always named: without it a headless
// run uses an older one than an interactive run does.
const DefaultHarness = "v3"

// kiro runs `kiro-cli chat` without a person.
//
// Command line, key and exit codes: kiro.dev/docs/cli/headless, kiro.dev/docs/cli/reference/exit-codes. Sessions by working
// directory: kiro.dev/docs/cli/chat/session-management. That a wrong key ends with exit code 0 and an empty standard output, and
// that the line about credits on standard error is the only proof of a turn: docs/kiro-adapter-notes.md of sortie-ai/sortie.
type kiro struct{}

func (kiro) Traits() Traits {
	return Traits{
		Program: "kiro-cli", Probe: []string{"whoami"}, Key: "KIRO_API_KEY", TicksBoxes: true, TellsUsage: true,
		Sessions: []string{".kiro", ".local/share/kiro-cli"}, ExitCodes: kiroCodes,
	}
}

var kiroCodes = map[int]string{2: "Kiro: wrong arguments", 3: "Kiro: an MCP server did not start", 4: "Kiro: no such agent"}

func (kiro) Arguments(c Call) ([]string, error) {
	harness := c.Harness
	if harness == "" {
		harness = DefaultHarness
	}
	args := []string{"kiro-cli", "chat", "--" + harness, "--no-interactive", "--trust-all-tools"}
	if c.Resume {
		args = append(args, "--resume")
	}
	return append(args, c.Prompt), nil
}

func (kiro) LoggedOut(a Answer) string { return whoamiSays("kiro-cli whoami", a) }

func (kiro) Listen() Listener { return &kiroTurn{costs: true} }

// whoamiSays reads the answer of Kiro's and Amazon Q's common command.
func whoamiSays(command string, a Answer) string {
	switch {
	case unknownCommand.MatchString(a.Text):
		return ""
	case a.ExitCode != 0:
		return fmt.Sprintf("%s ended with exit code %d: %s", command, a.ExitCode, cut(a.Text))
	}
	for line := range strings.Lines(a.Text) {
		if refused.MatchString(line) && !strings.Contains(strings.ToLower(line), "authenticated") {
			return command + " says: " + cut(line)
		}
	}
	return ""
}

// denied is how Kiro says, on standard error, that a tool was refused. It is looked for as Kiro writes it: the tests of
// a program that is about access print words like it, in other letters and on standard output.
var denied = []byte("[denied]")

// deniedByList is how Kiro says that a command is on its list of those that are refused.
var deniedByList = [2][]byte{[]byte("rejected because it matches"), []byte("denied list")}

var (
	// The words are matched and not the numbers' form.
	credits = regexp.MustCompile(`(?i)\bcredits?\b(?:\s+used)?\s*[:=]?\s*(\d{1,9}(?:[.,]\d{1,6})?)|(\d{1,9}(?:[.,]\d{1,6})?)\s*credits?\b`)
	took    = regexp.MustCompile(`(?i)\btime\b\s*[:=]?\s*(?:(\d{1,4})\s*h\w*\s*)?(?:(\d{1,5})\s*m(?:in)?\w*\s*)?(?:(\d{1,7}(?:\.\d{1,6})?)\s*s)?`)
)

// kiroTurn reads a turn of Kiro, or of a program of its kind.
type kiroTurn struct {
	// costs: a turn that ran ends with a line about what it cost.
	costs   bool
	found   Findings
	denials denials
	refusal refusal
}

func (k *kiroTurn) Hear(from Stream, text []byte) {
	if from != Stderr {
		return
	}
	if bytes.Contains(text, denied) || bytes.Contains(text, deniedByList[0]) && bytes.Contains(text, deniedByList[1]) {
		k.denials.add(string(text))
	}
	if k.costs && bytes.Contains(text, []byte("redit")) {
		if m := credits.FindSubmatch(text); m != nil {
			k.found.Ended = true
			k.found.Credits, _ = strconv.ParseFloat(strings.Replace(string(m[1])+string(m[2]), ",", ".", 1), 64)
			k.found.Seconds = secondsOf(took.FindSubmatch(text))
			return
		}
	}
	k.refusal.look(text)
}

func (k *kiroTurn) Findings(e Exit) Findings {
	f := k.found
	f.Denied, f.DeniedLines, f.Refused = k.denials.count, k.denials.lines, k.refusal.text
	f.Idle = e.ByItself && e.Code == 0 && e.Quiet && !f.Ended
	return f
}

func secondsOf(m [][]byte) float64 {
	if m == nil {
		return 0
	}
	total := 0.0
	for i, unit := range []float64{3600, 60, 1} {
		n, _ := strconv.ParseFloat(string(m[i+1]), 64)
		total += n * unit
	}
	return total
}
