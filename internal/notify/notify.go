// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package notify is the port by which people are notified that an item ended. Who is notified of what, and that it happens
// once, is the caller's.
package notify

import "context"

// Message is what is sent.
type Message struct {
	// ID is the same whenever the same thing is sent, so that a receiver can drop a repetition.
	ID string
	// Subject is one line of at most 100 ASCII characters.
	Subject string
	// Text is for people.
	Text string
	// Attributes are for machines: outcome, environment, work item.
	Attributes map[string]string
}

// Notifier sends to one destination, the one that it was made for.
type Notifier interface {
	// Notify sends the message. It may arrive more than once.
	Notify(ctx context.Context, m Message) error
}

// Checker looks whether one destination is there, without sending anything to it.
type Checker interface {
	// Check returns nil if it is. A terminal fault says what is wrong and what to do.
	Check(ctx context.Context) error
}
