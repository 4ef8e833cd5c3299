// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// kind is what one action of a transaction is for.
type kind string

const (
	kindAcquire    kind = "acquire"
	kindClaim      kind = "claim"
	kindHeartbeat  kind = "heartbeat"
	kindRelease    kind = "release"
	kindFree       kind = "free" // abandon, reclaim and unlock
	kindRecord     kind = "record"
	kindNotDone    kind = "not-done"          // asks that the card was not processed
	kindNotHeld    kind = "not-held"          // asks that a partner row is another's
	kindAnother    kind = "claimed-by-other"  // asks that a partner row has another build
	kindReleased   kind = "released-by-me"    // asks that a release was done before
	kindCount      kind = "count"             // counts a trigger, sets aside in a budget, or settles it
	kindWant       kind = "want"              // says that a cluster wants slots of a project
	kindUnexpected kind = "not-in-the-design" // no operation of the design
)

// act is one action of a transaction, as the design speaks of it.
type act struct {
	kind      kind
	key       string
	lockID    string
	fence     int64
	build     string
	status    string // of a release
	expires   int64  // the lease's end that is written, or as it was read; epoch seconds
	heartbeat int64  // the heartbeat that is written, or as it was read
	trigger   int64  // epoch milliseconds
	nowMillis int64
	stage     string // of a heartbeat, for its name alone
}

// value is an attribute's value on the wire.
type value struct {
	S string `json:"S"`
	N string `json:"N"`
}

func (v value) number() int64 {
	n, _ := strconv.ParseInt(v.N, 10, 64) // absent is zero, which no operation has
	return n
}

type wireAct struct {
	Key       map[string]value `json:"Key"`
	Condition string           `json:"ConditionExpression"`
	Update    string           `json:"UpdateExpression"`
	Values    map[string]value `json:"ExpressionAttributeValues"`
}

// parseTransaction reads a TransactWriteItems.
func parseTransaction(body []byte) (acts []act, token string, err error) {
	var t struct {
		ClientRequestToken string
		TransactItems      []map[string]wireAct
	}
	if err := json.Unmarshal(body, &t); err != nil {
		return nil, "", fmt.Errorf("reading a transaction: %w", err)
	}
	for _, item := range t.TransactItems {
		for _, w := range item {
			acts = append(acts, actOf(w))
		}
	}
	return acts, t.ClientRequestToken, nil
}

func actOf(w wireAct) act {
	v := w.Values
	a := act{
		kind: kindOf(w), key: w.Key[contract.AttrLockKey].S,
		lockID: v[":lockId"].S, fence: v[":fence"].number(), build: v[":buildId"].S, status: v[":ending"].S,
		expires: v[":expiresAt"].number(), trigger: v[":trigger"].number(), nowMillis: v[":nowMillis"].number(),
	}
	switch a.kind {
	case kindHeartbeat:
		a.heartbeat, a.stage = v[":now"].number(), v[":stage"].S
	case kindFree:
		a.heartbeat = v[":heartbeatAt"].number()
	}
	return a
}

// kindOf finds the operation by the one thing that it alone does.
func kindOf(w wireAct) kind {
	has := func(text string) bool { return strings.Contains(w.Update, text) }
	asks := func(text string) bool { return strings.Contains(w.Condition, text) }
	switch {
	case has("ADD #triggers"), has("ADD #open"), has("DELETE #open"):
		return kindCount
	case has("SET #wanted_"):
		return kindWant
	case w.Update == "" && asks("#trigger"):
		return kindNotDone
	case w.Update == "" && asks(":ending"):
		return kindReleased
	case w.Update == "" && asks("#lockId <>"):
		return kindNotHeld
	case w.Update == "" && asks("#buildId <>"):
		return kindAnother
	case has("REMOVE") && has("#lockId = :lockId"):
		return kindAcquire
	case has("#heartbeatAt = :now"):
		return kindHeartbeat
	case has("#trigger = :trigger"):
		return kindRecord
	case has("#status = :ending"):
		return kindRelease
	case has("#status = :failed"):
		return kindFree
	case has("#buildId = :buildId"):
		return kindClaim
	}
	return kindUnexpected
}

// row is the part of a row that the protocols depend on. The zero row is an absent one.
type row struct {
	exists    bool
	lockID    string
	status    string
	build     string
	fence     int64
	expires   int64
	heartbeat int64
	trigger   int64 // card rows only
}

// wireRow is a row on the wire; tasks and the like are of no interest here.
type wireRow map[string]json.RawMessage

func (w wireRow) row() row {
	get := func(name string) (v value) {
		_ = json.Unmarshal(w[name], &v) // another type reads as absent, as it does for the lock itself
		return v
	}
	return row{
		exists: len(w) > 0, lockID: get(contract.AttrLockID).S, status: get(contract.AttrStatus).S, build: get(contract.AttrBuildID).S,
		fence: get(contract.AttrFence).number(), expires: get(contract.AttrExpiresAt).number(),
		heartbeat: get(contract.AttrHeartbeatAt).number(), trigger: get(contract.AttrTrigger).number(),
	}
}

func (w wireRow) key() (v value) {
	_ = json.Unmarshal(w[contract.AttrLockKey], &v) // see row
	return v
}
