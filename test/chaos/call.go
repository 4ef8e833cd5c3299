// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// service is what a call goes to.
type service string

const (
	toDynamoDB   service = "dynamodb"
	toCodeBuild  service = "codebuild"
	toKubernetes service = "kubernetes"
	toForge      service = "forge"
)

// longestFlight is how long after it was sent a request may arrive: the longest time-out of a call. The settling time
// is ten seconds more.
const (
	longestFlight = 30 * time.Second
	settlingTime  = longestFlight + 10*time.Second
)

// call is one request to the outside.
type call struct {
	to    service
	op    string
	what  string // for the history
	sleep time.Duration
	// writes is set if the request changes something.
	writes bool
	// actions is the number of actions of a DynamoDB transaction.
	actions int
	effect  func() (any, error)
}

func (c *call) String() string { return fmt.Sprintf("%s %s %s", c.to, c.op, c.what) }

// send decides what becomes of a call.
func (w *world) send(t *task, c *call) {
	if c.sleep > 0 {
		w.after(c.sleep, func() { w.answer(t, nil, nil) })
		return
	}
	p := t.process
	if w.now.Before(p.cut[c.to]) {
		w.cutOff(t, c)
		return
	}
	f, ok := w.fault(p, c)
	if !ok {
		w.deliver(t, c, w.latency(), w.latency())
		return
	}
	w.counts.Faults++
	w.say("%s: %s: fault %s", p.name, c, f)
	afflictions()[f](w, t, c)
}

// latency is mostly that of a network, and now and then that of a bad one.
func (w *world) latency() time.Duration {
	if w.chance(w.faults.slow) {
		return w.between(100*time.Millisecond, 8*time.Second)
	}
	return w.between(time.Millisecond, 40*time.Millisecond)
}

// deliver lets a request arrive, and then its answer.
func (w *world) deliver(t *task, c *call, there, back time.Duration) {
	w.effects++
	w.after(there, func() {
		w.effects--
		value, err := c.effect()
		if w.trace != nil && c.writes {
			w.say("%s: %s -> %s", t.process.name, c, outcome(err))
		}
		w.after(back, func() { w.answer(t, value, err) })
	})
}

// arrive lets a request take effect whose sender gets no answer.
func (w *world) arrive(t *task, c *call, there time.Duration) {
	w.effects++
	w.after(there, func() {
		w.effects--
		_, err := c.effect()
		if c.writes {
			w.say("%s: %s -> %s (no answer)", t.process.name, c, outcome(err))
		}
	})
}

// cutOff is a call over a network that is partitioned: nothing arrives, or nothing comes back.
func (w *world) cutOff(t *task, c *call) {
	if w.chance(0.3) {
		w.arrive(t, c, w.between(0, longestFlight))
	}
	w.after(w.between(time.Second, longestFlight), func() { w.answer(t, nil, unheard(c)) })
}

func outcome(err error) string {
	var cancelled *types.TransactionCanceledException
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &cancelled):
		codes := ""
		for _, r := range cancelled.CancellationReasons {
			codes += " " + aws.ToString(r.Code)
		}
		return "refused:" + codes
	}
	return err.Error()
}

// unheard is the error of a call whose answer did not come.
func unheard(c *call) error {
	return &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer calling " + string(c.to))}
}

// throttled is the error of a call that was turned away.
func throttled(c *call) error {
	switch c.to {
	case toKubernetes:
		return apierrors.NewTooManyRequests("slow down", 1)
	case toForge:
		return errors.New("secondary rate limit")
	case toDynamoDB, toCodeBuild:
	}
	return &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}
}

// broken is the error of a call that the service failed at, before or after it had acted.
func broken(c *call) error {
	switch c.to {
	case toKubernetes:
		return apierrors.NewInternalError(errors.New("etcdserver: request timed out"))
	case toForge:
		return errors.New("502 Bad Gateway")
	case toDynamoDB, toCodeBuild:
	}
	return &smithy.GenericAPIError{Code: "InternalServerError", Message: "try again", Fault: smithy.FaultServer}
}

// inConflict is DynamoDB's word for a transaction that met another on its rows.
func inConflict(c *call) error {
	reasons := make([]types.CancellationReason, c.actions)
	for i := range reasons {
		reasons[i].Code = aws.String("None")
	}
	reasons[0].Code = aws.String("TransactionConflict")
	return &types.TransactionCanceledException{CancellationReasons: reasons}
}
