// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
)

// The tools that people use beside the controller, on the same stack and with the rights that it gives them.

const (
	personARN = "arn:aws:iam::" + account + ":user/person-operator"
	personKey = "AKIAKIROLOCALPERSON"
)

// Doctor runs `manager doctor` with the manager's own settings and identity, and returns what it says.
func (s *System) Doctor(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, s.program("manager"), append([]string{"doctor"}, s.managerArgs("127.0.0.1:0")...)...)
	cmd.Env = s.cloudEnv()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("manager doctor: %w", err)
	}
	return string(out), nil
}

// LeaveLock leaves a lock as a build does whose account nobody can be asked about: held, and with a lease that is over. It returns
// the branch's key.
func (s *System) LeaveLock(buildARN string) (branchKey string, err error) {
	environment := s.stack.environment.Spec
	project := "arn:aws:codebuild:" + region + ":" + account + ":project/" + environment.CodeBuild.ProjectName
	slotKey := contract.SlotKey(project, 0)
	branchKey = contract.BranchKey("github.com", 1, "refs/heads/left-behind")
	text, number := dynamodb.String, dynamodb.Number
	for _, key := range []string{slotKey, branchKey} {
		err := s.servers.tables.PutRow(environment.Lock.TableName, dynamodb.Row{
			contract.AttrLockKey: text(key), contract.AttrLockID: text("left-behind"), contract.AttrFence: number(1),
			contract.AttrStatus: text(string(contract.StatusInProgress)), contract.AttrBuildID: text(buildARN),
			contract.AttrSlotKey: text(slotKey), contract.AttrBranchKey: text(branchKey), contract.AttrCardKey: text("card#github/left"),
			contract.AttrProjectARN: text(project), contract.AttrExpiresAt: number(time.Now().Add(-time.Hour).Unix()),
		})
		if err != nil {
			return "", fmt.Errorf("leaving a lock: %w", err)
		}
	}
	return branchKey, nil
}

// Unlock has a person free a lock with `kubectl workitem unlock`, with credentials of their own.
func (s *System) Unlock(ctx context.Context, branchKey string) (string, error) {
	if err := s.stack.account.AddUser(personARN, s.stack.operatorPolicyARN); err != nil {
		return "", err
	}
	s.servers.endpoint.AllowKeyOf(personKey, personARN)
	cmd := exec.CommandContext(ctx, s.program("kubectl-workitem"), "unlock", "--kubeconfig="+s.Kubeconfig, "--namespace="+s.namespace(),
		"--environment="+environmentName, "--branch-key="+branchKey, "--role-arn=", "--endpoint-url="+s.AWSURL, "--settling-time=1s", "--even-if-over", "--yes")
	cmd.Env = append(s.cloudEnv(), "AWS_ACCESS_KEY_ID="+personKey) // the last of a name counts
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("kubectl workitem unlock: %w", err)
	}
	return string(out), nil
}
