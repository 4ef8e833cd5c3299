// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// fireTimeout is how long a fault may take until its alert fires. A board is read every 15 s, a table looked at every 30 s,
// and each call is tried several times before it counts as failed.
const fireTimeout = 3 * time.Minute

// Fault is something that goes wrong, and the alert that has to say so.
type Fault struct {
	What, Alert string
	Fired       bool
	// plant has it go wrong; nil if the demo's cards do.
	plant func(*demo.System) error
}

// planned are the faults, in their order: the last ends the manager.
func planned() []*Fault {
	return []*Fault{
		{What: "half of the cards fail", Alert: "KiroWorkerFailureRateHigh"},
		{What: "a card's tests fail", Alert: "KiroWorkerTestFailuresHigh"},
		{What: "a build takes longer than it may in a demo", Alert: "KiroWorkerBuildSlow"},
		{What: "GitHub refuses the token", Alert: "KiroWorkerCredentialsInvalid", plant: func(s *demo.System) error {
			s.GitHub.Faults().Add(faults.Rule{Fault: faults.Fault{Status: http.StatusUnauthorized, Message: "Bad credentials"}})
			return nil
		}},
		{What: "DynamoDB throttles reads", Alert: "KiroWorkerDynamoDBThrottled", plant: func(s *demo.System) error {
			s.Faults().Add(faults.Rule{Operation: "BatchGetItem", Fault: faults.Fault{Status: http.StatusBadRequest, Code: "ThrottlingException", Message: "Rate exceeded"}})
			return nil
		}},
		{What: "no manager works", Alert: "KiroWorkerNoLeader", plant: (*demo.System).StopManager},
	}
}

// Rehearse plants fault after fault in a system whose cards are done, and waits for each one's alert. It says what it does, a
// line at a time. The error names what did not fire.
func Rehearse(ctx context.Context, s *demo.System, p *Prometheus, say func(string)) ([]*Fault, error) {
	all := planned()
	for _, f := range all {
		if f.plant != nil {
			if err := f.plant(s); err != nil {
				return all, fmt.Errorf("planting %q: %w", f.What, err)
			}
		}
		if err := p.await(ctx, f); err != nil {
			return all, err
		}
		say(fmt.Sprintf("%-45s -> %s fired", f.What, f.Alert))
	}
	return all, nil
}

func (p *Prometheus) await(ctx context.Context, f *Fault) error {
	ctx, cancel := context.WithTimeout(ctx, fireTimeout)
	defer cancel()
	for {
		fired, err := p.Fired(ctx)
		if err != nil {
			return err
		}
		if f.Fired = slices.Contains(fired, f.Alert); f.Fired {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %s did not fire within %s; what fired: %v", f.What, f.Alert, fireTimeout, fired)
		case <-time.After(time.Second):
		}
	}
}
