// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset

import (
	"encoding/json"
	"fmt"
	"strings"
)

// claudeCode runs Anthropic's Claude Code in print mode.
//
// Command line: code.claude.com/docs/en/headless and /cli-reference (-p, --output-format, --verbose, --continue,
// --dangerously-skip-permissions; `claude auth status` ends with 0 where somebody is logged in and with 1 where nobody is). Events
// are wanted as they come (stream-json): with the formats text and json nothing is printed until the end, which looks like a
// program that hangs. The event result, with is_error, usage, modelUsage and permission_denials: SDKResultMessage in
// platform.claude.com/docs/en/agent-sdk/typescript. That usage leaves out what sub-agents used and modelUsage does not:
// docs/claude-code-adapter-notes.md of sortie-ai/sortie. What a refused key looks like: anthropics/claude-code#5666 and #17402.
//
// It refuses to skip permissions as root, so the build image needs the user that agents run as.
type claudeCode struct{}

func (claudeCode) Traits() Traits {
	return Traits{
		Program: "claude", Probe: []string{"auth", "status"}, Key: "ANTHROPIC_API_KEY", TicksBoxes: true, TellsUsage: true,
		// Of Amazon Bedrock (CLAUDE_CODE_USE_BEDROCK): code.claude.com/docs/en/amazon-bedrock.
		Own:      []string{"AWS_BEARER_TOKEN_BEDROCK", "AWS_REGION"},
		Sessions: []string{".claude/projects"},
	}
}

func (claudeCode) Arguments(c Call) ([]string, error) {
	args := []string{"claude", "-p", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions"}
	if c.Resume {
		args = append(args, "--continue")
	}
	return append(args, c.Prompt), nil
}

// LoggedOut does not take every exit code for an answer: older versions have no such command. A key is not tried by it, so
// a wrong one is found out by the first task.
func (claudeCode) LoggedOut(a Answer) string {
	var status struct {
		LoggedIn *bool `json:"loggedIn"`
		// Provider is whose service is asked. With another one's than Anthropic's there is no login of Claude Code's own.
		Provider string `json:"apiProvider"`
	}
	if json.Unmarshal([]byte(strings.TrimSpace(a.Text)), &status) == nil && status.LoggedIn != nil {
		if *status.LoggedIn || status.Provider != "" && status.Provider != "firstParty" {
			return ""
		}
		return "claude auth status says that nobody is logged in"
	}
	if a.ExitCode == 1 && !unknownCommand.MatchString(a.Text) && refused.MatchString(a.Text) {
		return "claude auth status says: " + cut(a.Text)
	}
	return ""
}

func (claudeCode) Listen() Listener { return &claudeTurn{} }

type claudeTurn struct {
	events jsonLines
	found  Findings
	denied denials
	// errors is what it writes to standard error where it does not get as far as an event.
	errors refusal
	worked bool
}

// claudeEvent is what is read of an event.
type claudeEvent struct {
	Type    string `json:"type"`
	Subtype string `json:"subtype"`
	// Of an assistant's message: why the request to the model failed.
	Error string `json:"error"`
	// Of the result.
	IsError    bool                       `json:"is_error"`
	DurationMS float64                    `json:"duration_ms"`
	Result     string                     `json:"result"`
	Usage      claudeUsage                `json:"usage"`
	ModelUsage map[string]claudeModelUsed `json:"modelUsage"`
	Denials    []struct {
		Tool string `json:"tool_name"`
	} `json:"permission_denials"`
}

type claudeUsage struct {
	Input  int64 `json:"input_tokens"`
	Write  int64 `json:"cache_creation_input_tokens"`
	Read   int64 `json:"cache_read_input_tokens"`
	Output int64 `json:"output_tokens"`
}

type claudeModelUsed struct {
	Input  int64 `json:"inputTokens"`
	Write  int64 `json:"cacheCreationInputTokens"`
	Read   int64 `json:"cacheReadInputTokens"`
	Output int64 `json:"outputTokens"`
}

func (c *claudeTurn) Hear(from Stream, text []byte) {
	if from == Stderr {
		c.errors.look(text)
		return
	}
	c.event(c.events.add(text))
}

func (c *claudeTurn) event(line []byte) {
	var e claudeEvent
	// An event of a form that is not known says nothing.
	if len(line) == 0 || json.Unmarshal(line, &e) != nil {
		return
	}
	switch e.Type {
	case "assistant":
		c.worked = c.worked || e.Error == ""
	case "result":
		c.result(e)
	}
}

func (c *claudeTurn) result(e claudeEvent) {
	c.found.Seconds = e.DurationMS / 1000
	c.found.Tokens = e.Usage.Input + e.Usage.Write + e.Usage.Read + e.Usage.Output
	if len(e.ModelUsage) > 0 {
		c.found.Tokens = 0
		for _, used := range e.ModelUsage {
			c.found.Tokens += used.Input + used.Write + used.Read + used.Output
		}
	}
	for _, d := range e.Denials {
		c.denied.add("denied: " + d.Tool)
	}
	if !e.IsError && e.Subtype == "success" {
		c.found.Ended = true
		return
	}
	c.found.Failed = cut(fmt.Sprintf("%s: %s", e.Subtype, e.Result))
	if e.IsError && refused.MatchString(e.Result) {
		c.found.Refused = cut(e.Result)
	}
}

func (c *claudeTurn) Findings(e Exit) Findings {
	c.event(c.events.rest())
	f := c.found
	f.Denied, f.DeniedLines = c.denied.count, c.denied.lines
	if f.Refused == "" && !c.worked {
		f.Refused = c.errors.text
	}
	f.Idle = e.ByItself && (f.Refused != "" || !c.worked && !f.Ended)
	return f
}
