// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/local/cloudformation"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
)

// A world's AWS is what infra/templates makes of the tier test, and its roles decide every call of manager and builds, whatever dies or
// is cut off: a permission that only a recovery needs is missed here. The world's own hand, and other clusters', may do everything.
const (
	tableName   = "kiro-worker-test-locks"
	bucket      = "kiro-worker-test-artifacts-" + account + "-" + region
	projectName = "kiro-worker-test-blue"
	roleARN     = "arn:aws:iam::" + account + ":role/" + projectName + "-controller"
	topicARN    = "arn:aws:sns:" + region + ":" + account + ":kiro-worker-test-items"
	tokenSecret = "kiro-worker-test/github"

	managerARN  = "arn:aws:iam::" + account + ":user/chaos"
	accessKeyID = "AKIACHAOS"
	buildKeyID  = "AKIACHAOSBUILD"
	worldKeyID  = "AKIACHAOSWORLD"
)

// repositoryFile reads a file of this repository.
func repositoryFile(path ...string) ([]byte, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return nil, errors.New("finding this repository: the program was built without its sources' paths")
	}
	text, err := os.ReadFile(filepath.Join(append([]string{filepath.Dir(file), "..", ".."}, path...)...))
	if err != nil {
		return nil, fmt.Errorf("reading this repository: %w", err)
	}
	return text, nil
}

// deploy makes the stacks on the world's emulators, all but the project, whose builds are the test's to say.
func (w *world) deploy() (*aws.Endpoint, error) {
	a := cloudformation.New(cloudformation.Options{
		ID: account, Region: region, Tables: w.tables, Buckets: w.bucket, Secrets: w.secrets, Topics: w.topic,
	})
	parameters := map[string]string{"ManagerPrincipalARN": managerARN}
	var outputs map[string]string
	for _, stack := range []string{"data", "blue"} {
		text, err := repositoryFile("infra", "templates", "test", stack+".yaml")
		if err != nil {
			return nil, err
		}
		// As docs/deployment has it: the role trusts this world's namespace.
		text = []byte(strings.ReplaceAll(string(text), "main/kiro-test", clusterName+"/"+w.namespace))
		if outputs, err = a.Deploy("kiro-worker-test-"+stack, text, parameters); err != nil {
			return nil, fmt.Errorf("deploying infra/templates: %w", err)
		}
		parameters = nil
	}
	endpoint := aws.New(aws.Options{AccessKeys: []string{accessKeyID, worldKeyID}, Account: account, KeyOf: a.KeyOf, Authorize: func(c aws.Call) string {
		if c.Principal == "" {
			return "" // the world's own hand
		}
		reason := a.Authorize(c)
		if reason != "" {
			w.fail(fmt.Errorf("infra/templates does not allow it: %s", reason))
		}
		return reason
	}})
	endpoint.AllowKeyOf(accessKeyID, managerARN)
	endpoint.AllowKeyOf(buildKeyID, outputs["BuildRoleARN"])
	return endpoint, nil
}
