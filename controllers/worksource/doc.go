// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package worksource polls boards and makes WorkItems of their cards; what is done with a WorkItem is not its business.
//
// One poll of one WorkSource is a chain of functions (poll.go): what one returns, the next is given.
//
//	find environment ─ is a poll due? ─ resolve names ─ list the board ─ read the items
//	       │                 │               │                │
//	   no environment     not yet       no such name    failed half-way
//	       ▼                 ▼               ▼                ▼
//	   wait for it     wait for its time   say so, try again with backoff; no item is changed
//
//	... ─ choose cards ─ apply items ─ find withdrawn cards ─ delete what is past its retention
//
// A poll decides on the whole board or on nothing: a listing is complete or an error. A card that is absent, hidden or could
// not be read is unknown, and unknown is never withdrawn. This controller and the one of work items meet only in the
// WorkItem object: it sets what the card says, and never priority and cancel.
//
// Metrics, each with namespace and source; docs/metrics.md says what they mean:
//
//	kiro_worker_worksource_polls_total{result}, _poll_seconds, _poll_interval_seconds, _last_complete_poll_timestamp_seconds
//	kiro_worker_worksource_ready, _credentials_valid
//	kiro_worker_worksource_cards{state}, _skipped_cards{reason}, _items_written_total
//	kiro_worker_worksource_rate_limit_remaining, _rate_limit_reset_timestamp_seconds
package worksource
