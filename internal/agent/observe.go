// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
)

// denied is how Kiro says that a tool was refused.
var denied = []byte("[denied]")

// terminalCodes are the sequences that colour a terminal; they may stand within the word that is looked for.
var terminalCodes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

const (
	maxDeniedLines = 5
	maxDeniedLine  = 200
	// maxLine is how much of a line is looked at in one piece.
	maxLine = 64 << 10
)

// size is how long a file is, 0 if there is none yet.
func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the agent's output: %w", err)
	}
	return info.Size(), nil
}

// look reads what a run wrote, from an offset on, in bounded memory however long the lines are.
func (o *Outcome) look(path string, from int64) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading the agent's output: %w", err)
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return fmt.Errorf("reading the agent's output: %w", err)
	}
	in := bufio.NewReaderSize(file, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		o.observe(line)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("reading the agent's output: %w", err)
		}
	}
}

func (o *Outcome) observe(line []byte) {
	// Most lines have no bracket at all; do not make them pay.
	if bytes.IndexByte(line, '[') < 0 {
		return
	}
	plain := terminalCodes.ReplaceAll(line, nil)
	if !bytes.Contains(bytes.ToLower(plain), denied) {
		return
	}
	o.Denied++
	if len(o.DeniedLines) < maxDeniedLines {
		o.DeniedLines = append(o.DeniedLines, cutText(string(plain), maxDeniedLine))
	}
}
