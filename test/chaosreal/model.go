// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// checkTime bounds the check of one history.
const checkTime = time.Minute

const inProgress = string(contract.StatusInProgress)

// table is the lock table as the design's table of operations has it. It is written from the design and not from
// the expressions that the lock sends, so that what is missing in those shows up here.
type table struct {
	rows map[string]row
	// tokens are the transactions that took effect: sent again, they have no other.
	tokens map[string]bool
}

// model is what histories are held against.
var model = porcupine.Model{
	Init: func() any { return table{} },
	Step: func(state, in, out any) (bool, any) {
		return state.(table).step(in.(input), out.(output)) //nolint:forcetypeassert // it is our own
	},
	Equal: func(a, b any) bool {
		s, t := a.(table), b.(table) //nolint:forcetypeassert // they are our own
		return maps.Equal(s.rows, t.rows) && maps.Equal(s.tokens, t.tokens)
	},
	DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %+v", in, out) },
}

// linearizable reports whether a history is one that the model could have had, one operation after the other.
func linearizable(log []operation) (bool, error) {
	history := make([]porcupine.Operation, len(log))
	for i, o := range log {
		history[i] = porcupine.Operation{ClientId: i, Input: o.in, Call: o.call, Output: o.out, Return: o.answer}
	}
	switch porcupine.CheckOperationsTimeout(model, history, checkTime) {
	case porcupine.Ok:
		return true, nil
	case porcupine.Illegal:
		return false, nil
	}
	return false, fmt.Errorf("a history of %d operations could not be checked within %s", len(log), checkTime)
}

// step reports whether the table could have answered so, and what it is then.
func (t table) step(in input, out output) (bool, any) {
	if in.wipe {
		return true, table{}
	}
	if in.read != "" {
		return t.rows[in.read] == out.row, t
	}
	if in.token != "" && t.tokens[in.token] {
		return out.outcome != refused, t
	}
	allowed, all := make([]bool, len(in.acts)), true
	for i, a := range in.acts {
		allowed[i] = permitted(t.rows[a.key], a)
		all = all && allowed[i]
	}
	switch {
	case out.outcome == refused:
		for i, failed := range out.failed {
			if failed == allowed[i] {
				return false, t
			}
		}
		return !all, t
	case out.outcome == done && !all:
		return false, t
	case !all:
		return true, t // unknown, and without effect
	}
	next := table{rows: maps.Clone(t.rows), tokens: maps.Clone(t.tokens)}
	if next.rows == nil {
		next.rows, next.tokens = map[string]row{}, map[string]bool{}
	}
	for _, a := range in.acts {
		next.rows[a.key] = effect(next.rows[a.key], a)
	}
	if in.token != "" {
		next.tokens[in.token] = true
	}
	return true, next
}

// permitted is the design's column "condition".
func permitted(r row, a act) bool {
	branch := strings.HasPrefix(a.key, "branch#")
	held := r.exists && r.lockID == a.lockID && r.status == inProgress && (!branch || r.fence == a.fence)
	switch a.kind {
	case kindAcquire:
		// An attempt that has its branch already is answered "acquired already", whatever slot it asks for now.
		return !r.exists || (r.status != inProgress && (!branch || r.lockID != a.lockID))
	case kindNotDone:
		return !r.exists || r.trigger < a.trigger
	case kindClaim:
		return held && a.build != "" && (r.build == "" || r.build == a.build)
	case kindHeartbeat, kindRelease:
		return held && a.build != "" && r.build == a.build
	case kindRecord:
		return !r.exists || r.trigger < a.trigger || (r.trigger == a.trigger && r.lockID == a.lockID)
	case kindFree: // everything as it was read, of either row
		return r.exists && r.lockID == a.lockID && r.status == inProgress && r.fence == a.fence && r.expires == a.expires &&
			r.build == a.build && r.heartbeat == a.heartbeat
	case kindNotHeld:
		return !r.exists || r.lockID != a.lockID || r.status != inProgress
	case kindAnother:
		return r.exists && r.lockID == a.lockID && r.build != "" && r.build != a.build
	case kindCount:
		return true // no run comes to a cap; internal/lock/dynamodb tests them
	case kindWant:
		return r.fence == 0 // whose row has one is a lock's
	case kindReleased:
		return r.exists && r.lockID == a.lockID && r.build == a.build && r.status == a.status
	}
	return false
}

// effect is the design's column "effect".
func effect(r row, a act) row {
	switch a.kind {
	case kindAcquire:
		fence := a.nowMillis
		if r.exists {
			fence = r.fence
		}
		return row{exists: true, lockID: a.lockID, status: inProgress, fence: fence + 1, expires: a.expires}
	case kindClaim:
		r.build, r.expires = a.build, a.expires
	case kindHeartbeat:
		r.heartbeat, r.expires = a.heartbeat, a.expires
	case kindRelease:
		r.status = a.status
	case kindFree:
		r.status = string(contract.StatusFailed)
	case kindCount, kindWant:
		r.exists = true
	case kindRecord:
		r.exists, r.trigger, r.lockID = true, a.trigger, a.lockID
	}
	return r
}
