// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// network is a network that can be made bad, between a manager and its servers.
type network struct {
	server  *toxiproxy.ApiServer
	mu      sync.Mutex
	proxies map[string]*toxiproxy.Proxy
}

func newNetwork() *network {
	return &network{
		server:  toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop()),
		proxies: map[string]*toxiproxy.Proxy{},
	}
}

// front implements front.
func (n *network) front(_ *world, name, url string) (string, error) {
	p := toxiproxy.NewProxy(n.server, name, "127.0.0.1:0", strings.TrimPrefix(url, "http://"))
	if err := p.Start(); err != nil {
		return "", fmt.Errorf("starting a bad network: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.proxies[name] = p
	return "http://" + p.Listen, nil
}

// spoil adds a toxic to the way to a server, as toxiproxy's documentation has it.
func (n *network) spoil(name, toxic string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := n.proxies[name].Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		return fmt.Errorf("spoiling the network: %w", err)
	}
	return nil
}

// repair removes every fault again.
func (n *network) repair(ctx context.Context) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.proxies {
		p.Toxics.ResetToxics(ctx)
	}
}

func (n *network) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.proxies {
		p.Stop()
	}
}

// toxics are the ways in which a network is bad.
var toxics = map[string][]string{
	"latency": {
		`{"name":"a","type":"latency","stream":"upstream","attributes":{"latency":300,"jitter":200}}`,
		`{"name":"b","type":"latency","stream":"downstream","attributes":{"latency":300,"jitter":200}}`,
	},
	// Some connections are reset, after some of the answer has come or before.
	"reset": {
		`{"name":"a","type":"reset_peer","stream":"downstream","toxicity":0.5,"attributes":{"timeout":50}}`,
		`{"name":"b","type":"reset_peer","stream":"upstream","toxicity":0.3,"attributes":{"timeout":20}}`,
	},
	// The answers do not come, and the connection stays open for some seconds.
	"half-open": {`{"name":"a","type":"timeout","stream":"downstream","toxicity":0.7,"attributes":{"timeout":3000}}`},
	"bandwidth": {
		`{"name":"a","type":"bandwidth","stream":"downstream","attributes":{"rate":16}}`,
		`{"name":"b","type":"slicer","stream":"downstream","attributes":{"average_size":64,"size_variation":32,"delay":500}}`,
	},
	"cut": {`{"name":"a","type":"limit_data","stream":"downstream","toxicity":0.5,"attributes":{"bytes":2000}}`},
}

// badTime is how long the network stays bad.
const badTime = 8 * time.Second

// networkJobs are runs with a bad network to one server, or to all.
func (l *Lab) networkJobs() []job {
	var jobs []job
	for _, server := range []string{"kube", "aws", "github", "all"} {
		for _, toxic := range []string{"latency", "reset", "half-open", "bandwidth", "cut"} {
			name := fmt.Sprintf("network: %s to %s", toxic, server)
			jobs = append(jobs, job{name: name, run: func(ctx context.Context) result { return l.runOver(ctx, server, toxics[toxic]) }})
		}
	}
	return jobs
}

// runOver brings a card over a bad network that is good again after a while.
func (l *Lab) runOver(ctx context.Context, server string, spoil []string) result {
	n := newNetwork()
	defer n.close()
	return l.inWorld(ctx, &work{conducts: []conduct{succeeds}}, n.front, func(w *world) (int, error) {
		servers := []string{server}
		if server == "all" {
			servers = []string{"kube", "aws", "github"}
		}
		var errs []error
		for _, s := range servers {
			for _, toxic := range spoil {
				errs = append(errs, n.spoil(s, toxic))
			}
		}
		if err := errors.Join(errs...); err != nil {
			return 0, err
		}
		defer time.AfterFunc(badTime, func() { n.repair(context.WithoutCancel(ctx)) }).Stop()
		g := &guard{world: w, forgiving: true}
		return g.guarded(ctx, make(chan struct{}), func(ctx context.Context) error { return w.untilEnd(ctx, plain) }, func() error { return w.check(ctx, plain) })
	})
}
