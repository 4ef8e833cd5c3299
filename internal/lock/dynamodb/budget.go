// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// actsOfLock is how many actions of acquire are of the lock itself. What it draws follows.
const actsOfLock = 3

// drawing are the actions by which a lock that is acquired counts its trigger and draws from budgets.
func drawing(req lock.Request) []act {
	var acts []act
	if c := req.TriggerCap; c != nil {
		acts = append(acts, act{c.Key, countTrigger, values{
			"most": number(int64(c.Most)), "trigger": millis(req.Trigger), "deleteAt": seconds(c.DeleteAt),
			"counted": &types.AttributeValueMemberNS{Value: []string{strconv.FormatInt(req.Trigger.UnixMilli(), 10)}},
		}})
	}
	for _, d := range req.Draws {
		left := d.Most.Minus(req.Reserve)
		acts = append(acts, act{d.Key, reserve, amounts(req.Reserve).with(values{
			"buildsLeft": number(left.Builds), "secondsLeft": number(left.Seconds), "creditsLeft": number(left.Millicredits),
			"zero": number(0), "deleteAt": seconds(d.DeleteAt), "reservation": texts(reservation(req.LockID, req.Reserve)),
		})})
	}
	return acts
}

// notDrawn says which of what a lock was to draw refused it. olds are of the actions of drawing.
func notDrawn(req lock.Request, olds []old) error {
	if c := req.TriggerCap; c != nil {
		if olds[0].failed {
			return refuse(lock.ErrTriggerLimit, lock.Row{Key: c.Key, Exists: true}, fmt.Sprintf("%d triggers of the card were worked on that day; wait for the next, or raise the cap", c.Most))
		}
		olds = olds[1:]
	}
	for i, d := range req.Draws {
		if olds[i].failed {
			return exhausted(d.Key, drawnOf(olds[i].item))
		}
	}
	return nil
}

func exhausted(key string, drawn lock.Drawn) error {
	r := refuse(lock.ErrBudgetExhausted, lock.Row{Key: key, Exists: true}, "the budget has not enough left; wait until it begins anew, or raise it")
	r.Drawn = drawn
	return r
}

func plain(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func amounts(u contract.Usage) values {
	return values{"builds": number(u.Builds), "seconds": number(u.Seconds), "credits": number(u.Millicredits)}
}

// reservation is what a budget's row remembers of what a lock has set aside.
func reservation(lockID string, u contract.Usage) string {
	return fmt.Sprintf("%s %d %d %d", lockID, u.Builds, u.Seconds, u.Millicredits)
}

// reservedBy finds what a lock has set aside.
func reservedBy(lockID string, open []string) (text string, u contract.Usage, found bool) {
	for _, text := range open {
		name, rest, _ := strings.Cut(text, " ")
		if name != lockID {
			continue
		}
		if _, err := fmt.Sscanf(rest, "%d %d %d", &u.Builds, &u.Seconds, &u.Millicredits); err == nil {
			return text, u, true
		}
	}
	return "", contract.Usage{}, false
}

func drawnOf(i item) lock.Drawn {
	return lock.Drawn{
		Usage: contract.Usage{Builds: i.integer(contract.AttrBuilds), Seconds: i.integer(contract.AttrSeconds), Millicredits: i.integer(contract.AttrCredits)},
		Open:  len(i.texts(contract.AttrOpen)),
	}
}

// Drawn implements lock.Reader.
func (t *Table) Drawn(ctx context.Context, keys []string, lockID string) (map[string]lock.Drawn, error) {
	drawn := make(map[string]lock.Drawn, len(keys))
	for _, key := range keys {
		i, err := t.get(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("reading budget %s: %w", key, err)
		}
		if len(i) > 0 {
			d := drawnOf(i)
			_, _, d.Own = reservedBy(lockID, i.texts(contract.AttrOpen))
			drawn[key] = d
		}
	}
	return drawn, nil
}

// settleTries is how often settling looks anew at rows that changed since they were read.
const settleTries = 3

// Settle implements lock.Acquirer. It is one transaction over the rows in which something is set aside: all were written by the one
// that acquired the lock, so they have it together, but time to live may have deleted one, or a backup not have had it.
func (t *Table) Settle(ctx context.Context, budgets []string, lockID string, used contract.Usage) error {
	for range settleTries {
		acts, err := t.settling(ctx, budgets, lockID, used)
		if err != nil || len(acts) == 0 {
			return err
		}
		olds, err := t.transact(ctx, acts...)
		if err != nil {
			return fmt.Errorf("settling %d budgets: %w", len(acts), err)
		}
		if olds == nil {
			return nil
		}
	}
	return fault.NewRetryable(fault.CodeRateLimited, fmt.Errorf("the budgets in table %s are being written by others; it is tried again", t.name))
}

// settling are the actions that settle what is still set aside for a lock.
func (t *Table) settling(ctx context.Context, budgets []string, lockID string, used contract.Usage) ([]act, error) {
	var acts []act
	for _, key := range slices.Compact(slices.Sorted(slices.Values(budgets))) {
		i, err := t.get(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("reading budget %s: %w", key, err)
		}
		text, reserved, ok := reservedBy(lockID, i.texts(contract.AttrOpen))
		if !ok {
			continue
		}
		acts = append(acts, act{key, settle, amounts(used.Minus(reserved)).with(values{
			"reserved": plain(text), "reservation": texts(text),
		})})
	}
	return acts, nil
}
