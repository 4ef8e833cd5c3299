// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
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
	dir    string
	cloud  *cloud.Cloud
	locks  *locks.Table
	secret string
	pull   int
}

func newWorld(ctx context.Context, dir string, files int) (*world, error) {
	c, err := cloud.Start(cloud.Options{
		Dir: dir, Region: region, Account: account, AccessKeys: []string{accessKey},
		GitHub: true, Users: map[string]string{token: "bot"}, Tables: []string{tableName}, Buckets: []string{bucketName},
	})
	w := &world{dir: dir, cloud: c}
	if err == nil {
		err = errors.Join(w.seedGitHub(files), w.seedAWS(ctx))
	}
	if err != nil {
		w.close()
		return nil, fmt.Errorf("starting the emulators: %w", err)
	}
	return w, nil
}

func (w *world) close() { w.cloud.Close() }

func (w *world) seedGitHub(files int) error {
	hub := w.cloud.GitHub
	if err := hub.CreateRepository(repository, "main", github.Text(map[string]string{"README.md": "# shop\n"})); err != nil {
		return err
	}
	if _, err := hub.PushFiles(repository, branch, github.Text(repositoryFiles(files)), "Write the spec"); err != nil {
		return err
	}
	pr, err := hub.OpenPullRequest(github.NewPullRequest{Repository: repository, Title: "The cart", Body: "Written by a person.", Head: branch, Base: "main"})
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

func (w *world) seedAWS(ctx context.Context) error {
	w.secret = w.cloud.SecretsManager.Put("github", token)
	api, err := w.cloud.Clients().DynamoDB(ctx, w.cloud.Target())
	if err != nil {
		return err
	}
	w.locks = locks.New(api, tableName)
	return nil
}
