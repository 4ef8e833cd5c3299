// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/cloudwatch"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/secretsmanager"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	lockdynamodb "github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
)

// emulatorsRole is the argument by which this program serves the emulators, so that their work is not taken for ours.
const emulatorsRole = "emulators"

const (
	owner       = "acme"
	repository  = "acme/app"
	specPath    = ".kiro/specs/load"
	tableName   = "locks"
	bucket      = "artifacts"
	region      = "eu-central-1"
	account     = "000000000000"
	roleARN     = "arn:aws:iam::" + account + ":role/kiro-worker"
	accessKeyID = "AKIASCALE"
	clusterName = "scale"
	gitHubToken = "ghp_scale"
	ready       = "For Implementation"
	projects    = 20 // of 50 slots each
)

func projectName(n int) string { return "worker-" + strconv.Itoa(n) }
func branchName(n int) string  { return "load/" + strconv.Itoa(n) }

// addresses is what the emulators say of themselves.
type addresses struct {
	AWS, GitHub, GitHubAPI, Control string
	TokenARN                        string
	Board                           int
}

// emulators are AWS and GitHub, with as many branches as are asked for.
type emulators struct {
	dir      string
	github   *github.Server
	observer *observer
	builds   *builds
	board    string
	branches int
	commit   string
	addresses
}

// serveEmulators serves until the process is killed.
func serveEmulators(args []string) error {
	e := &emulators{dir: args[0], observer: newObserver()}
	for _, step := range []func() error{e.startGitHub, e.startAWS, e.startControl} {
		if err := step(); err != nil {
			return err
		}
	}
	// Written under another name first: whoever waits for the file finds it whole.
	text, err := json.Marshal(e.addresses)
	if err != nil {
		return fmt.Errorf("writing the addresses: %w", err)
	}
	file := filepath.Join(e.dir, addressesFile)
	if err := errors.Join(os.WriteFile(file+".new", text, 0o600), os.Rename(file+".new", file)); err != nil {
		return fmt.Errorf("writing the addresses: %w", err)
	}
	select {}
}

const addressesFile = "addresses.json"

func (e *emulators) startGitHub() error {
	dir := filepath.Join(e.dir, "github")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("making GitHub's directory: %w", err)
	}
	var err error
	// Limits that nothing reaches: how the controller keeps to GitHub's is measured elsewhere.
	most := 1 << 30
	if e.github, err = github.New(github.Options{Dir: dir, Limits: github.Limits{
		GraphQLPerHour: most, RESTPerHour: most, GraphQLPerMinute: most, RESTPerMinute: most,
	}}); err != nil {
		return fmt.Errorf("starting the emulated GitHub: %w", err)
	}
	if e.GitHub, err = serve(e.github); err != nil {
		return err
	}
	e.github.SetURL(e.GitHub)
	e.github.AddToken(gitHubToken, "kiro-worker", github.AllRights())
	e.GitHubAPI = e.github.APIURL()
	err = e.github.CreateRepository(repository, "main", github.Text(map[string]string{
		specPath + "/requirements.md": "# Requirements\n", specPath + "/design.md": "# Design\n", specPath + "/tasks.md": "- [ ] 1. Do it\n",
	}))
	if err != nil {
		return fmt.Errorf("making the repository: %w", err)
	}
	e.commit, _ = e.github.BranchHead(repository, "main")
	e.Board, e.board = e.github.CreateProject(github.Project{
		Owner: owner, Title: "Board", TextFields: []string{"Branch"}, StatusOptions: []string{ready, "Done"},
	})
	return nil
}

// grow makes branches, each with a pull request, up to a number. They are written as git's own files: as many processes of
// git would take minutes.
func (e *emulators) grow(n int, cards bool) error {
	dir := filepath.Join(e.dir, "github", repository+".git", "refs", "heads", "load")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("making branches: %w", err)
	}
	for ; e.branches < n; e.branches++ {
		branch := branchName(e.branches)
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(e.branches)), []byte(e.commit+"\n"), 0o600); err != nil {
			return fmt.Errorf("making branch %s: %w", branch, err)
		}
		if cards {
			_, err := e.github.PutCard(github.NewCard{
				Project: e.board, Repository: repository, Title: branch, Status: ready, Branch: branch, PullRequest: true, Issue: true,
				Fields: map[string]string{"Branch": branch},
			})
			if err != nil {
				return fmt.Errorf("making a card: %w", err)
			}
			continue
		}
		if _, err := e.github.OpenPullRequest(github.NewPullRequest{Repository: repository, Title: branch, Head: branch}); err != nil {
			return fmt.Errorf("opening a pull request: %w", err)
		}
	}
	return nil
}

func (e *emulators) startAWS() error {
	tables := dynamodb.New(dynamodb.Options{Region: region, Account: account})
	store, vault := s3.New(s3.Options{}), secretsmanager.New(secretsmanager.Options{Region: region, Account: account})
	service, err := codebuild.New(codebuild.Options{
		DataDir: filepath.Join(e.dir, "builds"), Region: region, Account: account, ConcurrentBuilds: 50 * projects,
	})
	if err != nil {
		return fmt.Errorf("starting the emulated CodeBuild: %w", err)
	}
	if err := errors.Join(tables.CreateLockTable(tableName), store.CreateBucket(bucket)); err != nil {
		return fmt.Errorf("making table and bucket: %w", err)
	}
	e.TokenARN = vault.Put("github", gitHubToken)
	endpoint := func(table, builds http.Handler) *aws.Endpoint {
		all := aws.New(aws.Options{AccessKeys: []string{accessKeyID}, Account: account})
		all.Trust(roleARN, clusterName+"/"+namespace)
		all.Handle(aws.DynamoDB, table, nil)
		all.Handle(aws.CodeBuild, builds, nil)
		all.Handle(aws.SecretsManager, vault, nil)
		all.Handle(aws.S3, store, s3.WriteError)
		all.Handle(aws.CloudWatch, cloudwatch.New(cloudwatch.Options{}), nil)
		return all
	}
	if e.AWS, err = serve(endpoint(e.observer.table(tables), e.observer.builds(service))); err != nil {
		return err
	}
	// Builds have an address of their own: only what the manager asks is observed.
	own, err := serve(endpoint(tables, service))
	if err != nil {
		return err
	}
	table, err := lockTable(own)
	if err != nil {
		return err
	}
	e.builds = newBuilds(table)
	for n := range projects {
		if err := service.PutProject(codebuild.Project{Name: projectName(n), Run: e.builds.run}); err != nil {
			return fmt.Errorf("making a project: %w", err)
		}
	}
	return nil
}

func lockTable(url string) (lock.Table, error) {
	clients := awsapi.New(awsapi.Options{
		AllowedEndpoints: []string{url}, Credentials: credentials.NewStaticCredentialsProvider(accessKeyID, "secret", ""),
	})
	api, err := clients.DynamoDB(context.Background(), awsapi.Target{Region: region, EndpointURL: url})
	if err != nil {
		return nil, fmt.Errorf("making a client of the lock table: %w", err)
	}
	return lockdynamodb.New(api, tableName), nil
}

// startControl serves what the measures tell and ask the emulators.
func (e *emulators) startControl() error {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
	mux.HandleFunc("POST /branches", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		answer(w, errors.Join(err, e.grow(n, r.URL.Query().Has("cards"))))
	})
	mux.HandleFunc("POST /builds", func(w http.ResponseWriter, r *http.Request) {
		d, err := time.ParseDuration(r.URL.Query().Get("last"))
		e.builds.last(d)
		answer(w, err)
	})
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, r *http.Request) {
		s := e.observer.stats(r.URL.Query().Has("reset"))
		s.Running, s.Succeeded = e.builds.counts()
		answer(w, json.NewEncoder(w).Encode(s))
	})
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	var err error
	e.Control, err = serve(mux)
	return err
}

func serve(handler http.Handler) (url string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it returns at once
	if err != nil {
		return "", fmt.Errorf("listening: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}
