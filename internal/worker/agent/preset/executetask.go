// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset

// executeTask runs `kiro execute-task`, which no published version of Kiro's program has: it is for teams that have one that
// does. What it prints is not known, so only denied tools are looked for.
type executeTask struct{}

func (executeTask) Traits() Traits {
	return Traits{Program: "kiro", Key: "KIRO_API_KEY", TicksBoxes: true, ExitCodes: kiroCodes}
}

func (executeTask) Arguments(c Call) ([]string, error) {
	return []string{"kiro", "execute-task", "--spec", c.SpecPath, "--task", c.TaskID}, nil
}

func (executeTask) LoggedOut(Answer) string { return "" }

func (executeTask) Listen() Listener { return &deniedOnly{} }

// deniedOnly listens to an agent of which nothing more is known than how one of Kiro's kind says that a tool was denied.
type deniedOnly struct{ turn kiroTurn }

func (d *deniedOnly) Hear(from Stream, text []byte) { d.turn.Hear(from, text) }

func (d *deniedOnly) Findings(Exit) Findings {
	return Findings{Denied: d.turn.denials.count, DeniedLines: d.turn.denials.lines}
}
