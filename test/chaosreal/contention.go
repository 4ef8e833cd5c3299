// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// How many clients contend, and how much each does. The more answers are lost, the more orders there are to be tried,
// so the histories are many and short.
const (
	contenders = 4
	deeds      = 25
)

// contentionJobs have clients contend for a lock over networks of several kinds, a seed each.
func (l *Lab) contentionJobs() []job {
	var jobs []job
	for seed := range uint64(12) {
		toxic := []string{"", "latency", "reset"}[seed%3]
		name := fmt.Sprintf("contention: seed %d, network %q", seed, toxic)
		jobs = append(jobs, job{name: name, run: func(ctx context.Context) result { return runContention(ctx, seed, toxics[toxic]) }})
	}
	return jobs
}

// runContention lets clients acquire, claim, renew, release, abandon and reclaim the same two branches and two
// slots as they like, and compares the answers with the model. The recorder is on the clients' side of
// the network, so that lost answers are in the history as what they are.
func runContention(ctx context.Context, seed uint64, spoil []string) result {
	tables := dynamodb.New(dynamodb.Options{Region: region, Account: account})
	if err := tables.CreateLockTable(tableName); err != nil {
		return result{err: fmt.Errorf("making the lock table: %w", err)}
	}
	w := &world{}
	defer func() { _ = w.close() }()
	behind, err := w.serve(tables)
	if err != nil {
		return result{err: err}
	}
	n := newNetwork()
	defer n.close()
	if behind, err = n.front(nil, "table", behind); err != nil {
		return result{err: err}
	}
	recorder := newRecorder(through(behind))
	address, err := w.serve(recorder)
	if err != nil {
		return result{err: err}
	}
	for _, toxic := range spoil {
		err = errors.Join(err, n.spoil("table", toxic))
	}
	var clients sync.WaitGroup
	for i := range uint64(contenders) {
		table, e := newTable(ctx, address, worldKeyID)
		if err = errors.Join(err, e); err != nil {
			break
		}
		c := &contender{id: strconv.FormatUint(i, 10), table: table, random: rand.New(rand.NewPCG(seed, i))}
		clients.Go(func() { c.contend(ctx) })
	}
	clients.Wait()
	w.recorder = recorder
	log, _ := recorder.history()
	return result{history: len(log), err: errors.Join(err, w.checkHistory())}
}

// through passes requests on; one that gets no answer is cut off.
func through(address string) http.Handler {
	target, err := url.Parse(address)
	if err != nil {
		panic(err) // it is the address of a listener of ours
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		// Not the default one: connections that others reset would be used here, and requests sent again unseen.
		Transport:      &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{Timeout: time.Second}).DialContext},
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ModifyResponse: wholly,
	}
}

// wholly reads the whole answer before anything of it is passed on: half an answer is none.
func wholly(r *http.Response) error {
	body, err := readAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = body
	return nil
}

// contender is a client of the lock that does what comes to its mind, also as somebody else.
type contender struct {
	id     string
	table  lock.Table
	random *rand.Rand
	held   []lock.Lock
	n      int
}

func (c *contender) contend(ctx context.Context) {
	for range deeds {
		// The answer to an operation is in the history; here it decides nothing.
		_ = c.deed(ctx)
	}
}

func (c *contender) deed(ctx context.Context) error {
	now := time.Now()
	branchKey := "branch#host/1#refs/heads/" + strconv.Itoa(c.random.IntN(2))
	if len(c.held) == 0 || c.random.IntN(4) == 0 {
		return c.acquire(ctx, branchKey, now)
	}
	l := c.held[c.random.IntN(len(c.held))]
	build := "arn:aws:codebuild:eu-central-1:000000000000:build/p:" + strconv.Itoa(c.random.IntN(2))
	expiresAt := now.Add(time.Minute)
	switch c.random.IntN(7) {
	case 0, 1, 2:
		return c.table.Claim(ctx, l, build, expiresAt)
	case 3:
		return c.table.Heartbeat(ctx, l, build, now, expiresAt, lock.Progress{Stage: contract.StageTest})
	case 4:
		trigger := time.UnixMilli(1000 + c.random.Int64N(3))
		return c.table.Release(ctx, l, build, now, lock.Ending{Status: contract.StatusFailed, Trigger: &trigger})
	default:
		return c.free(ctx, branchKey, now)
	}
}

func (c *contender) acquire(ctx context.Context, branchKey string, now time.Time) error {
	if c.n == 0 || c.random.IntN(2) == 0 {
		c.n++ // else it asks again for the lock that it asked for last
	}
	l, err := c.table.Acquire(ctx, lock.Request{
		LockID: c.id + "-" + strconv.Itoa(c.n), WorkItemID: "x", Holder: c.id, Attempt: 1, ProjectARN: "p",
		SlotKey: "slot#p#" + strconv.Itoa(c.random.IntN(2)), BranchKey: branchKey, CardKey: "card#object/" + c.id,
		Trigger: time.UnixMilli(1000 + c.random.Int64N(4)), Now: now, ExpiresAt: now.Add(time.Minute),
	})
	if err == nil {
		c.held = append(c.held, l)
	}
	return err
}

// free abandons or reclaims whatever is on the branch, an hour from now.
func (c *contender) free(ctx context.Context, branchKey string, now time.Time) error {
	rows, err := c.table.Rows(ctx, []string{branchKey})
	if err != nil {
		return err
	}
	row := rows[branchKey]
	if row.BuildID == "" {
		return c.table.Abandon(ctx, row, now.Add(time.Hour))
	}
	return c.table.Reclaim(ctx, row, now.Add(time.Hour))
}
