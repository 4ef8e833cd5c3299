// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/cloudwatch"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/secretsmanager"
	locks "github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
)

const (
	repository  = "acme/shop"
	branch      = "feature/cart"
	specPath    = ".kiro/specs/" + branch
	token       = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	accessKey   = "AKIAKIROWORKERBENCH"
	tableName   = "locks"
	bucketName  = "artifacts"
	projectName = "kiro"
	region      = "eu-central-1"
	account     = "111122223333"
)

// world is everything outside of a build, in this process.
type world struct {
	dir     string
	servers []*httptest.Server
	github  *github.Server
	aws     string // address
	locks   *locks.Table
	watch   *cloudwatch.Emulator
	secret  string
	pull    int
}

func newWorld(ctx context.Context, dir string, files int) (*world, error) {
	w := &world{dir: dir}
	if err := errors.Join(w.startGitHub(files), w.startAWS(ctx)); err != nil {
		w.close()
		return nil, fmt.Errorf("starting the emulators: %w", err)
	}
	return w, nil
}

func (w *world) close() {
	for _, s := range w.servers {
		s.Close()
	}
}

func (w *world) serve(h http.Handler) string {
	s := httptest.NewServer(h)
	w.servers = append(w.servers, s)
	return s.URL
}

func (w *world) startGitHub(files int) error {
	store := filepath.Join(w.dir, "github")
	if err := os.MkdirAll(store, 0o700); err != nil {
		return err
	}
	var err error
	if w.github, err = github.New(github.Options{Dir: store}); err != nil {
		return err
	}
	w.github.SetURL(w.serve(w.github))
	w.github.AddToken(token, "bot", github.AllRights())
	if err := w.github.CreateRepository(repository, "main", github.Text(map[string]string{"README.md": "# shop\n"})); err != nil {
		return err
	}
	if _, err := w.github.PushFiles(repository, branch, github.Text(repositoryFiles(files)), "Write the spec"); err != nil {
		return err
	}
	pr, err := w.github.OpenPullRequest(github.NewPullRequest{Repository: repository, Title: "The cart", Body: "Written by a person.", Head: branch, Base: "main"})
	w.pull = pr.Number
	return err
}

// repositoryFiles are so many source files, a spec of two open tasks, and a script that leaves what tests leave.
func repositoryFiles(count int) map[string]string {
	files := map[string]string{
		".gitignore":                  "coverage/\nresults.xml\n",
		specPath + "/requirements.md": "# Requirements\n",
		specPath + "/design.md":       "# Design\n",
		specPath + "/tasks.md":        "# Tasks\n\n- [ ] 1. Add the cart\n- [ ] 2. Empty the cart\n",
		"test.sh": `mkdir -p coverage
echo '<testsuites><testsuite name="s" tests="1" failures="0"><testcase name="adds" classname="cart"/></testsuite></testsuites>' > results.xml
p='{"total":10,"covered":9,"skipped":0,"pct":90}'
echo "{\"total\":{\"lines\":$p,\"statements\":$p,\"functions\":$p,\"branches\":$p}}" > coverage/coverage-summary.json
`,
	}
	// Ten files a directory, of two kilobytes each.
	for n := range count {
		files[fmt.Sprintf("src/%02d/%02d/file%d.js", n/1000, n/10%100, n)] = strings.Repeat(fmt.Sprintf("export const n%d = %d\n", n, n*n), 2000/25)
	}
	return files
}

func (w *world) startAWS(ctx context.Context) error {
	tables, bucket := dynamodb.New(dynamodb.Options{Region: region, Account: account}), s3.New(s3.Options{})
	secrets := secretsmanager.New(secretsmanager.Options{Region: region, Account: account})
	w.secret, w.watch = secrets.Put("github", token), cloudwatch.New(cloudwatch.Options{})
	endpoint := aws.New(aws.Options{AccessKeys: []string{accessKey}, Account: account})
	endpoint.Handle(aws.DynamoDB, tables, nil)
	endpoint.Handle(aws.SecretsManager, secrets, nil)
	endpoint.Handle(aws.S3, bucket, s3.WriteError)
	endpoint.Handle(aws.CloudWatch, w.watch, nil)
	w.aws = w.serve(endpoint)
	if err := errors.Join(tables.CreateLockTable(tableName), bucket.CreateBucket(bucketName)); err != nil {
		return err
	}
	clients := awsapi.New(awsapi.Options{AllowedEndpoints: []string{w.aws}, Credentials: credentials.NewStaticCredentialsProvider(accessKey, "SECRET", "")})
	api, err := clients.DynamoDB(ctx, awsapi.Target{Region: region, EndpointURL: w.aws})
	if err != nil {
		return err
	}
	w.locks = locks.New(api, tableName)
	return nil
}
