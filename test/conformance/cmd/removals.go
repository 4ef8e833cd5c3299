// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// removals is what to remove at the end. All that is made has one name.
type removals struct {
	name  string
	steps []func(context.Context) error
}

// remove removes what was made, the last first, whatever became of the rest.
func (r *removals) remove(ctx context.Context) error {
	var errs []error
	for _, step := range slices.Backward(r.steps) {
		errs = append(errs, step(ctx))
	}
	return errors.Join(errs...)
}

// later removes something at the end, and says so.
func (r *removals) later(what string, removal func(context.Context) error) {
	r.steps = append(r.steps, func(ctx context.Context) error {
		if err := removal(ctx); err != nil {
			return fmt.Errorf("the %s %s is still there, remove it by hand: %w", what, r.name, err)
		}
		fmt.Printf("removed the %s %s\n", what, r.name)
		return nil
	})
}
