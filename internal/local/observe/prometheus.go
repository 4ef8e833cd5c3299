// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package observe runs a real Prometheus beside the demo: it scrapes the manager, evaluates the alerts and answers the
// dashboards' queries. What the alerts and dashboards are is in config, and not here.
package observe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"sigs.k8s.io/yaml"
)

const (
	// scrapeInterval is short: a demo takes half a minute.
	scrapeInterval = "1s"
	readyTimeout   = 30 * time.Second
	stopTimeout    = 10 * time.Second
)

// Options say what is run.
type Options struct {
	// Program is the path of prometheus.
	Program string
	// Dir is where it keeps everything. It must exist.
	Dir string
	// Target is the manager's address, host and port.
	Target string
	// Rules are files of rules, as Prometheus reads them.
	Rules []string
}

// Prometheus is a Prometheus that runs.
type Prometheus struct {
	// URL is where its own pages are.
	URL string

	cmd  *exec.Cmd
	log  *os.File
	done chan struct{}
}

// Start starts a Prometheus and waits until it answers. Whatever it returns, Close is to be called.
func Start(ctx context.Context, o Options) (*Prometheus, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	p := &Prometheus{URL: "http://" + address, done: make(chan struct{})}
	configuration, err := yaml.Marshal(map[string]any{
		"global":     map[string]any{"scrape_interval": scrapeInterval, "evaluation_interval": scrapeInterval},
		"rule_files": o.Rules,
		"scrape_configs": []any{map[string]any{
			"job_name": "kiro-worker", "static_configs": []any{map[string]any{"targets": []string{o.Target}}},
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("writing Prometheus' configuration: %w", err)
	}
	file := filepath.Join(o.Dir, "prometheus.yml")
	if err := os.WriteFile(file, configuration, 0o600); err != nil {
		return nil, fmt.Errorf("writing Prometheus' configuration: %w", err)
	}
	if p.log, err = os.Create(filepath.Join(o.Dir, "prometheus.log")); err != nil {
		return nil, fmt.Errorf("making Prometheus' log: %w", err)
	}
	// Not CommandContext: it is ended by Close, after what it still answers.
	p.cmd = exec.Command(o.Program, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(o.Dir, "data"), //nolint:noctx // see above
		"--web.listen-address="+address, "--log.level=warn")
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = p.log, p.log, dieWithParent()
	if err := p.cmd.Start(); err != nil {
		_ = p.log.Close()
		return nil, fmt.Errorf("starting Prometheus (run `make bin/prometheus`): %w", err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, p.awaitReady(ctx)
}

func (p *Prometheus) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		if _, err := p.get(ctx, "/-/ready", nil); err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("prometheus ended by itself; its log is %s", p.log.Name())
		case <-ctx.Done():
			return fmt.Errorf("prometheus did not answer within %s; its log is %s", readyTimeout, p.log.Name())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Close ends it.
func (p *Prometheus) Close() error {
	if p == nil || p.cmd == nil || p.cmd.Process == nil {
		return nil
	}
	defer func() { _ = p.log.Close() }()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(stopTimeout):
	}
	err := p.cmd.Process.Kill()
	<-p.done
	return err
}

// Series is one series of an answer, with its points in time.
type Series struct {
	Labels map[string]string
	Points []Point
}

// Point is a value at a time.
type Point struct {
	Time  time.Time
	Value float64
}

// Query asks for the values of an expression at this moment.
func (p *Prometheus) Query(ctx context.Context, expr string) ([]Series, error) {
	return p.query(ctx, "/api/v1/query", url.Values{"query": {expr}})
}

// Range asks for the values of an expression over time.
func (p *Prometheus) Range(ctx context.Context, expr string, from, to time.Time, step time.Duration) ([]Series, error) {
	seconds := func(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }
	return p.query(ctx, "/api/v1/query_range", url.Values{
		"query": {expr}, "start": {seconds(from)}, "end": {seconds(to)}, "step": {strconv.FormatFloat(step.Seconds(), 'f', 3, 64)},
	})
}

type answer struct {
	Status string
	Error  string
	Data   struct {
		Result []struct {
			Metric map[string]string
			Value  point
			Values []point
		}
	}
}

// point is how the API writes one: a pair of seconds and a number as text.
type point struct {
	set bool
	Point
}

func (p *point) UnmarshalJSON(text []byte) error {
	var pair []any
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("%s is no point", text)
	}
	seconds, _ := pair[0].(float64)
	number, _ := pair[1].(string)
	value, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return fmt.Errorf("%s is no point: %w", text, err)
	}
	p.set, p.Point = true, Point{time.UnixMilli(int64(seconds * 1000)), value}
	return nil
}

func (p *Prometheus) query(ctx context.Context, path string, values url.Values) ([]Series, error) {
	text, err := p.get(ctx, path, values)
	if err != nil && text == nil {
		return nil, err
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("reading Prometheus' answer: %w", err)
	}
	if a.Status != "success" {
		return nil, fmt.Errorf("prometheus refuses %q: %s", values.Get("query"), a.Error)
	}
	all := make([]Series, 0, len(a.Data.Result))
	for _, r := range a.Data.Result {
		s := Series{Labels: r.Metric}
		if r.Value.set {
			s.Points = append(s.Points, r.Value.Point)
		}
		for _, v := range r.Values {
			s.Points = append(s.Points, v.Point)
		}
		all = append(all, s)
	}
	return all, nil
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

func (p *Prometheus) get(ctx context.Context, path string, values url.Values) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+path+"?"+values.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("asking Prometheus: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking Prometheus: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := readAll(resp.Body, maxAnswer)
	if err != nil {
		return nil, fmt.Errorf("reading Prometheus' answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return text, fmt.Errorf("prometheus answers %s", resp.Status)
	}
	return text, nil
}

// freeAddress is an address of this machine that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

var errTooLong = errors.New("the answer is too long")
