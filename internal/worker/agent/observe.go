// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
)

// terminalCodes are the sequences that colour a terminal; they may be within the word that is looked for.
var terminalCodes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

// maxPiece is how much of a line is looked at in one piece.
const maxPiece = 64 << 10

// errorsTitle is in the output file between what a run wrote to standard output and to standard error.
const errorsTitle = "\n===== standard error\n"

// listen reads what a run wrote, in bounded memory however long the lines are. What it wrote to standard error is then
// appended to the file of its output, of which this run's begins at from. Quiet is true if standard output has nothing but blanks.
func listen(to preset.Listener, outputFile string, from int64, errorsFile string) (quiet bool, err error) {
	quiet = true
	err = read(outputFile, from, func(piece []byte) {
		plain := terminalCodes.ReplaceAll(piece, nil)
		quiet = quiet && len(bytes.TrimSpace(plain)) == 0
		to.Hear(preset.Stdout, plain)
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("reading the agent's output: %w", err)
	}
	out, err := os.OpenFile(outputFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return false, fmt.Errorf("keeping the agent's output: %w", err)
	}
	kept := bufio.NewWriterSize(out, maxPiece)
	title := errorsTitle
	err = read(errorsFile, 0, func(piece []byte) {
		to.Hear(preset.Stderr, terminalCodes.ReplaceAll(piece, nil))
		// What cannot be written is reported when it is flushed.
		_, _ = kept.WriteString(title)
		_, _ = kept.Write(piece)
		title = ""
	})
	if err = errors.Join(err, kept.Flush(), out.Close()); err != nil {
		return false, fmt.Errorf("keeping the agent's output: %w", err)
	}
	return quiet, nil
}

// read gives the lines of a file behind an offset, each with its newline, a long one in pieces.
func read(name string, from int64, each func(piece []byte)) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReaderSize(file, maxPiece)
	for {
		piece, err := in.ReadSlice('\n')
		if len(piece) > 0 {
			each(piece)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}
