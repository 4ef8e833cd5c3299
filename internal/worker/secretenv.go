// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/secrets"
)

// secretVariables are the environment's variables whose values are secrets. Setup and tests are given them, the agent is not.
type secretVariables struct {
	secrets  secrets.Reader // nil in a local run, which has its caller's environment
	named    []contract.SecretVariable
	retry    retrier
	redactor *redact.Redactor
}

// read reads them, as NAME=value. From then on the values are known to redaction.
func (v secretVariables) read(ctx context.Context) ([]string, error) {
	if v.secrets == nil {
		return nil, nil
	}
	var env []string
	for _, variable := range v.named {
		value := ""
		err := v.retry.do(ctx, "reading the secret of gates.secretEnv", func(ctx context.Context) error {
			var err error
			value, err = v.secrets.Read(ctx, variable.SecretARN)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading the secret of %s in gates.secretEnv: %w", variable.Name, mayReadVariable(err))
		}
		value = strings.TrimRight(value, "\r\n")
		v.redactor.Add(value)
		if strings.ContainsRune(value, 0) {
			return nil, failedf(contract.OutcomeAgentFailed, "the secret of %s in gates.secretEnv has a zero byte", variable.Name)
		}
		env = append(env, variable.Name+"="+value)
	}
	return env, nil
}

// mayReadVariable says what to do where the build's role may not read such a secret: roles are made to read those of the
// environment's credentials alone.
func mayReadVariable(err error) error {
	if fault.CodeOf(err) != fault.CodeAccessDenied {
		return err
	}
	return fault.NewTerminal(fault.CodeAccessDenied, fmt.Errorf(
		"grant the build's role secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key where that is your own; tiers.<tier>.secrets.secretEnv in infra/config.yaml grants both: %w", err))
}
