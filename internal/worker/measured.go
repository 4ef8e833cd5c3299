// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import "context"

// measuredTree is where the tests run: a checkout of what was pushed, and of nothing else. What git ignores, what an agent
// left in node_modules or next to the checkout, is on nobody's branch, so it must not decide what is measured. In a local
// run it is the developer's own checkout.
type measuredTree struct{ workspace }

// fill makes it from the newest commit. The agent's checkout is closed: the tests are not to read there either.
func (m measuredTree) fill(ctx context.Context, s *State, agents workspace) error {
	if m.local {
		return nil
	}
	if err := agents.sandbox.EndAll(); err != nil {
		return err
	}
	if err := agents.sandbox.TakeTree(); err != nil {
		return err
	}
	return m.fresh(ctx, s, s.Result.Commit)
}
