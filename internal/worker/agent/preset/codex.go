// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset

import "encoding/json"

// codex runs OpenAI's Codex without a person.
//
// Command line, events and CODEX_API_KEY: docs/exec.md of openai/codex, and developers.openai.com/codex/noninteractive. The fields
// of the events: codex-rs/exec/src/exec_events.rs. Its own sandbox is left off: the option is meant for machines that are
// sandboxed already, as the build is, and that sandbox needs rights which the agent's user does not have. `codex login status`
// looks at stored logins and not at the variable (codex-rs/cli/src/login.rs), so nothing can be asked before the first task. What a
// refused key looks like: openai/codex#7323 and #23239.
type codex struct{}

func (codex) Traits() Traits {
	return Traits{Program: "codex", Key: "CODEX_API_KEY", TicksBoxes: true, TellsUsage: true, Sessions: []string{".codex/sessions"}}
}

func (codex) Arguments(c Call) ([]string, error) {
	args := []string{"codex", "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"}
	if c.Resume {
		args = append(args, "resume", "--last")
	}
	return append(args, c.Prompt), nil
}

func (codex) LoggedOut(Answer) string { return "" }

func (codex) Listen() Listener { return &codexTurn{} }

type codexTurn struct {
	events jsonLines
	found  Findings
	denied denials
	errors refusal
	worked bool
}

// codexEvent is what is read of an event.
type codexEvent struct {
	Type    string `json:"type"`
	Message string `json:"message"` // of an error
	Error   struct {
		Message string `json:"message"`
	} `json:"error"` // of a turn that failed
	Usage struct {
		// Input has what was read from the cache in it.
		Input  int64 `json:"input_tokens"`
		Output int64 `json:"output_tokens"`
	} `json:"usage"`
	Item struct {
		Type    string `json:"type"`
		Status  string `json:"status"`
		Command string `json:"command"`
	} `json:"item"`
}

func (c *codexTurn) Hear(from Stream, text []byte) {
	if from == Stderr {
		c.errors.look(text)
		return
	}
	c.event(c.events.add(text))
}

func (c *codexTurn) event(line []byte) {
	var e codexEvent
	// An event of a form that is not known says nothing.
	if len(line) == 0 || json.Unmarshal(line, &e) != nil {
		return
	}
	switch e.Type {
	case "turn.completed":
		c.found.Ended = true
		c.found.Failed = ""
		c.found.Tokens += e.Usage.Input + e.Usage.Output
	case "turn.failed":
		c.failed(e.Error.Message)
	case "error":
		c.failed(e.Message)
	case "item.completed":
		c.worked = c.worked || e.Item.Type != "error"
		if e.Item.Status == "declined" {
			c.denied.add("declined: " + e.Item.Command)
		}
	}
}

// failed keeps what it says against its turn. A stream that is set up again is announced as an error too; then the turn's end
// takes it back.
func (c *codexTurn) failed(why string) {
	c.found.Failed = cut(why)
	if c.found.Refused == "" && refused.MatchString(why) {
		c.found.Refused = cut(why)
	}
}

func (c *codexTurn) Findings(e Exit) Findings {
	c.event(c.events.rest())
	f := c.found
	f.Denied, f.DeniedLines = c.denied.count, c.denied.lines
	if f.Refused == "" {
		f.Refused = c.errors.text
	}
	if f.Ended || c.worked {
		f.Refused = "" // then it was let in
	}
	f.Idle = e.ByItself && !f.Ended && !c.worked
	return f
}
