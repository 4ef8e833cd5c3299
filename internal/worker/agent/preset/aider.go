// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset

import (
	"bytes"
	"path"
	"regexp"
	"strconv"
)

// aider runs Aider with one message.
//
// Command line: aider.chat/docs/scripting.html and aider.chat/docs/config/options.html. It commits by itself, adds to .gitignore
// and keeps histories in the checkout unless it is told otherwise; its map of the repository's names is kept there in any case. The
// line about tokens: calculate_and_show_tokens_and_cost in aider/coders/base_coder.py of Aider-AI/aider; numbers are rounded as
// format_tokens in aider/utils.py does. A refused key: aider/exceptions.py there; the exit code is 0.
//
// It runs no commands without being asked by a person, so it cannot try its tests, and it ticks a box only by chance.
type aider struct{}

func (aider) Traits() Traits {
	return Traits{Program: "aider", TellsUsage: true, Sessions: []string{aiderHistory}, Litter: []string{".aider*"}}
}

// aiderHistory is below its home.
const aiderHistory = ".aider.chat.history.md"

func (aider) Arguments(c Call) ([]string, error) {
	args := []string{
		"aider", "--yes-always", "--no-auto-commits", "--no-dirty-commits", "--no-gitignore", "--no-check-update", "--no-show-release-notes",
		"--analytics-disable", "--no-detect-urls", "--no-fancy-input", "--no-pretty",
		"--input-history-file=" + path.Join(c.Home, ".aider.input.history"), "--chat-history-file=" + path.Join(c.Home, aiderHistory),
	}
	if c.Resume {
		args = append(args, "--restore-chat-history")
	}
	return append(args, "--read="+path.Join(c.SpecPath, "design.md"), "--file="+path.Join(c.SpecPath, "tasks.md"), "--message="+c.Prompt), nil
}

func (aider) LoggedOut(Answer) string { return "" }

func (aider) Listen() Listener { return &aiderTurn{} }

var (
	aiderTokens  = regexp.MustCompile(`^Tokens: (\d{1,9}(?:\.\d)?k?) sent,(?: \d{1,9}(?:\.\d)?k? cache (?:write|hit),)* (\d{1,9}(?:\.\d)?k?) received\.`)
	aiderRefused = regexp.MustCompile(`AuthenticationError|not able to authenticate you|No LLM model was specified and no API keys were provided`)
)

type aiderTurn struct {
	found Findings
}

// Hear reads standard output, where Aider writes all that it says. The words of a refusal are its own, as the model's answer is
// printed there too.
func (a *aiderTurn) Hear(_ Stream, text []byte) {
	text = bytes.TrimSpace(text)
	if m := aiderTokens.FindSubmatch(text); m != nil {
		a.found.Ended = true
		a.found.Tokens += aiderCount(string(m[1])) + aiderCount(string(m[2]))
	}
	if a.found.Refused == "" && aiderRefused.Match(text) {
		a.found.Refused = cut(string(text))
	}
}

func aiderCount(text string) int64 {
	unit := 1.0
	if text[len(text)-1] == 'k' {
		text, unit = text[:len(text)-1], 1000
	}
	n, _ := strconv.ParseFloat(text, 64)
	return int64(n * unit)
}

// Findings takes a run without a line about tokens for one in which the model was never reached.
func (a *aiderTurn) Findings(e Exit) Findings {
	f := a.found
	f.Idle = e.ByItself && !f.Ended
	return f
}
