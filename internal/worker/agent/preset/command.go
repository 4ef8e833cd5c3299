// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset

import (
	"errors"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// command runs any program. Of what it prints nothing is known, so it is judged by what it changes alone.
type command struct{}

// Traits has Kiro's variable for a key that stands alone, and its codes for a hint: it is Kiro's program that such commands
// most often wrap.
func (command) Traits() Traits { return Traits{Key: "KIRO_API_KEY", ExitCodes: kiroCodes} }

// Arguments expands spec.agent.command.
func (command) Arguments(c Call) ([]string, error) {
	if len(c.Command) == 0 {
		return nil, errors.New("the agent's preset is \"command\", but no command is given: set spec.agent.command of the WorkEnvironment")
	}
	return contract.ExpandCommand(c.Command, contract.CommandValues{SpecPath: c.SpecPath, TaskID: c.TaskID, TaskTitle: c.TaskTitle, Prompt: c.Prompt})
}

func (command) LoggedOut(Answer) string { return "" }

func (command) Listen() Listener { return &deniedOnly{} }
