// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// serveOptions are the flags of `kiro-local serve`.
type serveOptions struct {
	demo       demo.Options
	reportPort int
}

func parseServe(args []string) (serveOptions, error) {
	var o serveOptions
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	flags.StringVar(&o.demo.Dir, "dir", defaultDir, "Directory for all state, logs and artifacts. Files of an earlier demo in it are removed.")
	flags.StringVar(&o.demo.Sources, "sources", "", "Directory with infra/templates of this version. Default: the repository that this was built from.")
	flags.StringVar(&o.demo.Namespace, "namespace", demo.Namespace, "Namespace of the objects. It must exist.")
	flags.StringVar(&o.demo.Listen.Address, "listen", "0.0.0.0", "Address to listen on.")
	flags.StringVar(&o.demo.Listen.Host, "host", "", "Name by which the manager reaches this program. Required.")
	flags.IntVar(&o.demo.Listen.GitHubPort, "github-port", 8090, "Port of the emulated GitHub.")
	flags.IntVar(&o.demo.Listen.AWSPort, "aws-port", 8091, "Port of the emulated AWS.")
	flags.IntVar(&o.reportPort, "report-port", 8092, "Port on which /report says what became of the cards.")
	flags.StringVar(&o.demo.LogLevel, "log-level", "info", "Level of the worker's log: debug, info, warn or error.")
	kubeconfig := flag.NewFlagSet("kubeconfig", flag.ContinueOnError)
	config.RegisterFlags(kubeconfig)
	flags.AddGoFlagSet(kubeconfig)
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.demo.Listen.Host == "" {
		return o, errors.New("serve needs --host, the name by which the manager reaches this program")
	}
	var err error
	o.demo.Dir, err = filepath.Abs(o.demo.Dir)
	return o, err
}

// serve is the demo for a cluster that is there: it emulates GitHub and AWS, builds included, makes the objects that name them, and
// plays the six cards with whichever manager is installed. It stays up, also when the cards are done.
func serve(args []string) (err error) {
	o, err := parseServe(args)
	if err != nil {
		return err
	}
	log.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.demo.Cluster, err = ctrl.GetConfig(); err != nil {
		return fmt.Errorf("finding the cluster: %w", err)
	}
	unlock, err := demo.PrepareDir(o.demo.Dir)
	if err != nil {
		return err
	}
	defer unlock()
	self, err := selfPath()
	if err != nil {
		return err
	}
	// The image has what the Node repository needs, and no Go.
	o.demo.OneRepository = true
	o.demo.Bin, o.demo.Say = filepath.Dir(self), func(line string) { fmt.Println("starting", line) }
	result := &result{}
	closeReport, err := result.serve(net.JoinHostPort(o.demo.Listen.Address, strconv.Itoa(o.reportPort)))
	if err != nil {
		return err
	}
	defer closeReport()
	system, err := demo.Start(ctx, o.demo)
	defer func() { err = errors.Join(err, system.Close()) }()
	if err != nil {
		return interrupted(ctx, err)
	}
	fmt.Printf("The emulated GitHub is at %s, AWS at %s; the objects are in namespace %s.\n", system.GitHubURL, system.AWSURL, o.demo.Namespace)
	report, err := system.Run(ctx, view())
	if err != nil {
		return interrupted(ctx, err)
	}
	result.set(report)
	report.Write(os.Stdout)
	if report.OK() {
		fmt.Println("\nEvery card ended as it should.")
	}
	<-ctx.Done()
	return nil
}

// result is what became of the cards, for whoever asks over the network.
type result struct {
	mu     sync.Mutex
	report *demo.Report
}

func (r *result) set(report *demo.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report = report
}

// serve answers /report: 503 while cards are worked on, then 200, or 500 where not all is as it should be.
func (r *result) serve(address string) (closeIt func(), err error) {
	listener, err := net.Listen("tcp", address) //nolint:noctx // it returns at once
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		switch {
		case r.report == nil:
			http.Error(w, "the cards are being worked on", http.StatusServiceUnavailable)
			return
		case !r.report.OK():
			w.WriteHeader(http.StatusInternalServerError)
		}
		var text bytes.Buffer
		r.report.Write(&text)
		_, _ = w.Write(text.Bytes())
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return func() { _ = server.Close() }, nil
}

const (
	waitPace  = 2 * time.Second
	maxReport = 1 << 20
)

// wait waits until a demo that serves has a result, prints it, and returns 0 if all is as it should be.
func wait(args []string) (int, error) {
	var url string
	var timeout time.Duration
	flags := pflag.NewFlagSet("wait", pflag.ContinueOnError)
	flags.StringVar(&url, "url", "http://127.0.0.1:8092/report", "Address of the report.")
	flags.DurationVar(&timeout, "timeout", 15*time.Minute, "How long the cards may take.")
	if err := flags.Parse(args); err != nil {
		return 0, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		code, text, err := ask(ctx, url)
		switch {
		case err != nil:
			text = err.Error()
		case code == http.StatusOK:
			fmt.Println(text)
			return 0, nil
		case code == http.StatusInternalServerError:
			fmt.Println(text)
			return 1, nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("the cards were not done within %s: %s", timeout, text)
		case <-time.After(waitPace):
		}
	}
}

func ask(ctx context.Context, url string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxReport))
	return resp.StatusCode, string(text), err
}
