// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package counts sends what a manager counts to the sinks of its environments, once an interval, beside whatever the manager
// does: a sink that is slow or refuses loses measurements, which is counted, and holds nothing up. What is counted is read
// from the process's own metrics, so nothing has to be counted twice.
//
// Metrics; docs/metrics.md says what they mean:
//
//	kiro_worker_cloudwatch_measurements_total{namespace,environment,result}
package counts

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/metrics"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
)

const (
	// Interval is how often is sent. CloudWatch keeps a minute for a fortnight, and nothing shorter unless it is paid for.
	Interval = time.Minute
	// timeout is how long one environment's sink may take; the next interval must not find it still there.
	timeout = 40 * time.Second
	// atOnce is how many environments are sent for side by side.
	atOnce = 8
)

// The values of result.
const (
	sent    = "sent"
	dropped = "dropped"
)

// Place is an environment, and where its measurements go.
type Place struct {
	Namespace, Environment, Tier string
	// Sources are those whose cards are worked on there.
	Sources []string
	// Sink makes what the measurements are sent by.
	Sink func(ctx context.Context) (metricsink.Sink, error)
}

// Options make a Sender.
type Options struct {
	// Gatherer has the process's metrics.
	Gatherer prometheus.Gatherer
	// Registerer takes this package's own.
	Registerer prometheus.Registerer
	// Places are the environments as they are now.
	Places func(ctx context.Context) ([]Place, error)
	Clock  clock.WithTicker
	// Lost is told, each time, why an environment's measurements were dropped; nil if they were not. place is empty if it is
	// about all.
	Lost func(place string, err error)
}

// Sender sends. Only the leader does.
type Sender struct {
	options Options
	count   *prometheus.CounterVec
	// last are the totals that were sent.
	last totals
	// known are the environments that there were.
	known map[[2]string]bool
}

// New returns a Sender, and registers its metric.
func New(o Options) *Sender {
	s := &Sender{options: o, last: totals{}, known: map[[2]string]bool{}, count: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kiro_worker_cloudwatch_measurements_total",
		Help: "Measurements of an environment for CloudWatch, by result: sent, or dropped because CloudWatch was slow or refused them. Only with --cloudwatch-metrics.",
	}, []string{metrics.LabelNamespace, metrics.LabelEnvironment, metrics.LabelResult})}
	o.Registerer.MustRegister(s.count)
	return s
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (s *Sender) NeedLeaderElection() bool { return true }

// Start implements manager.Runnable.
func (s *Sender) Start(ctx context.Context) error {
	ticker := s.options.Clock.NewTicker(Interval)
	defer ticker.Stop()
	for {
		s.Send(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C():
		}
	}
}

// Send sends what was counted since the last time, and a heartbeat, to each environment's sink. It returns when all have
// taken it, or the time for that is over.
func (s *Sender) Send(ctx context.Context) {
	places, err := s.options.Places(ctx)
	var now totals
	if err == nil {
		now, err = read(s.options.Gatherer)
	}
	if err != nil {
		s.options.Lost("", err)
		return
	}
	s.know(places)
	at := s.options.Clock.Now()
	free := make(chan struct{}, atOnce)
	var sending sync.WaitGroup
	lost := make([]error, len(places))
	for n, p := range places {
		data := measurements(p, now, s.last, at)
		sending.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			lost[n] = s.put(ctx, p, data)
		})
	}
	sending.Wait()
	for n, p := range places {
		s.options.Lost(p.Namespace+"/"+p.Environment, lost[n])
	}
	s.last = now
}

func (s *Sender) put(ctx context.Context, p Place, data []metricsink.Datum) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	sink, err := p.Sink(ctx)
	if err == nil {
		err = sink.Put(ctx, data)
	}
	if err != nil {
		s.count.WithLabelValues(p.Namespace, p.Environment, dropped).Add(float64(len(data)))
		return fmt.Errorf("sending measurements to CloudWatch: %w", err)
	}
	s.count.WithLabelValues(p.Namespace, p.Environment, sent).Add(float64(len(data)))
	return nil
}

// know has the counts of environments begin at zero, and those of environments that are gone go.
func (s *Sender) know(places []Place) {
	now := map[[2]string]bool{}
	for _, p := range places {
		now[[2]string{p.Namespace, p.Environment}] = true
		for _, result := range []string{sent, dropped} {
			s.count.WithLabelValues(p.Namespace, p.Environment, result)
		}
	}
	for key := range s.known {
		if !now[key] {
			s.count.DeletePartialMatch(prometheus.Labels{metrics.LabelNamespace: key[0], metrics.LabelEnvironment: key[1]})
		}
	}
	s.known = now
}
