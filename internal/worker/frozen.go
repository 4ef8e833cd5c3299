// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
)

// parametersFile is what the environment froze for this build, as the lock's row had it just after the claim.
const parametersFile = "parameters.json"

// frozenReader takes the build's parameters from the lock's row, once.
type frozenReader struct {
	lease  *lease.Renewer
	retry  retrier
	sha256 string
	dir    buildDir
}

// read keeps the document for all phases, if it is the one that the build was started with. A row can be rewritten by
// whoever may write the table; the hash came with StartBuild.
func (f frozenReader) read(ctx context.Context) error {
	var text string
	err := f.retry.do(ctx, "reading the parameters", func(ctx context.Context) (err error) {
		text, err = f.lease.Parameters(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := contract.FrozenFrom(text, f.sha256); err != nil {
		return failedf(contract.OutcomeParametersRefused,
			"%w: somebody changed the lock table's row; nothing was done, and the next attempt writes its own; find out who else may write the table", err)
	}
	if err := os.WriteFile(f.dir.path(parametersFile), []byte(text), 0o600); err != nil {
		return fmt.Errorf("keeping the build's parameters: %w", err)
	}
	return nil
}

// complete are the options with what the environment froze, and whether that is known: before the claim it is not, nor
// where it was refused. Then only the lock can be dealt with.
func (o Options) complete() (Options, bool, error) {
	if o.LocalDir != "" {
		return o, true, nil
	}
	text, err := os.ReadFile(filepath.Join(o.Dir, parametersFile))
	if errors.Is(err, fs.ErrNotExist) {
		return o, false, nil
	}
	if err != nil {
		return o, false, fmt.Errorf("reading the build's parameters: %w", err)
	}
	if o.Parameters.Frozen, err = contract.FrozenFrom(string(text), o.Parameters.ParametersSHA256); err != nil {
		return o, false, err
	}
	if o, err = o.heard(); err != nil {
		return o, false, err
	}
	if o.Connect != nil {
		o.Ports.Forge, o.Ports.Remote, err = o.Connect(o.Parameters)
	}
	return o, err == nil, err
}
