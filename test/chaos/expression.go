// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"sync"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb/expression"
)

// attrs are a row's attributes. A row is never changed in place: what was read of it stays as it was.
type attrs = expression.Row

// Reading an expression once a process keeps a seed's time for the seed. Expressions are constants, and so are the names
// in them, so this remembers a few dozen.
var (
	conditions sync.Map // string -> *expression.Condition
	updates    sync.Map // string -> *expression.Update
)

// holds evaluates a condition. What cannot be read or evaluated is a panic: silence would prove nothing.
func (w write) holds(row attrs) bool {
	c, ok := conditions.Load(w.condition)
	if !ok {
		read, err := expression.ParseCondition(w.condition, w.names)
		must(w.condition, err)
		c, _ = conditions.LoadOrStore(w.condition, read)
	}
	yes, err := c.(*expression.Condition).Holds(row, w.values) //nolint:forcetypeassert // only conditions are stored
	must(w.condition, err)
	return yes
}

// apply makes the row's next version.
func (w write) apply(row attrs) attrs {
	u, ok := updates.Load(w.update)
	if !ok {
		read, err := expression.ParseUpdate(w.update, w.names)
		must(w.update, err)
		u, _ = updates.LoadOrStore(w.update, read)
	}
	next, err := u.(*expression.Update).Apply(row, w.values) //nolint:forcetypeassert // only updates are stored
	must(w.update, err)
	return next
}

func must(text string, err error) {
	if err != nil {
		panic(fmt.Sprintf("expression %q: %v", text, err))
	}
}
