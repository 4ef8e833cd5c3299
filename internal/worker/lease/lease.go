// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"fmt"
	"time"
)

// maxCheckAge is how old the last successful check of the lease may be when something outside is touched.
const maxCheckAge = 10 * time.Second

// lease is what a build knows of its lock's lease. It decides from the times that it is given and starts nothing.
type lease struct {
	// checked is when the last successful heartbeat was sent. Sent, not answered: the answer says how things were at
	// some time after that.
	checked time.Time
	// expiresAt is the lease's end that it wrote.
	expiresAt time.Time
}

// renewed is the lease after a heartbeat that was sent at the given time.
func renewed(sent time.Time, leaseDuration time.Duration) lease {
	return lease{checked: sent, expiresAt: sent.Add(leaseDuration)}
}

// allows reports why an effect that may take so long must not begin now; nil if it may. A request that is still on
// its way when the lease ends could reach the world after another attempt has begun.
func (l lease) allows(now time.Time, effect time.Duration) error {
	switch age, rest := now.Sub(l.checked), l.expiresAt.Sub(now); {
	case l.checked.IsZero():
		return fmt.Errorf("the lease was never checked")
	case age > maxCheckAge:
		return fmt.Errorf("the lease was last checked %s ago; at most %s is allowed", age.Round(time.Second), maxCheckAge)
	case rest <= effect:
		return fmt.Errorf("the lease ends in %s, and the call may take %s", rest.Round(time.Second), effect)
	default:
		return nil
	}
}
