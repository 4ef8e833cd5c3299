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
)

// denied is how Kiro says, on standard error, that a tool was refused. It is looked for as Kiro writes it: the tests of
// a program that is about access print words like it, in other letters and on standard output.
var denied = []byte("[denied]")

// deniedByList is how Kiro says that a command is on its list of those that are refused.
var deniedByList = [2][]byte{[]byte("rejected because it matches"), []byte("denied list")}

// terminalCodes are the sequences that colour a terminal; they may be within the word that is looked for.
var terminalCodes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

const (
	maxDeniedLines = 5
	maxDeniedLine  = 200
	// maxLine is how much of a line is looked at in one piece.
	maxLine = 64 << 10
)

// errorsTitle is in the output file between what a run wrote to standard output and to standard error.
const errorsTitle = "\n===== standard error\n"

// look reads what a run wrote to standard error, in bounded memory however long the lines are, and appends it to the
// file of its output.
func (o *Outcome) look(errorsFile, outputFile string) error {
	in, err := os.Open(errorsFile)
	if err != nil {
		return fmt.Errorf("reading the agent's output: %w", err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(outputFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("keeping the agent's output: %w", err)
	}
	to := bufio.NewWriterSize(out, maxLine)
	err = o.follow(bufio.NewReaderSize(in, maxLine), to)
	if err = errors.Join(err, to.Flush(), out.Close()); err != nil {
		return fmt.Errorf("keeping the agent's output: %w", err)
	}
	return nil
}

// follow observes each line and passes it on.
func (o *Outcome) follow(in *bufio.Reader, out *bufio.Writer) error {
	for title := errorsTitle; ; title = "" {
		line, err := in.ReadSlice('\n')
		if len(line) == 0 && errors.Is(err, io.EOF) {
			return nil
		}
		o.observe(line)
		// What cannot be written is reported when it is flushed.
		_, _ = out.WriteString(title)
		_, _ = out.Write(line)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

func (o *Outcome) observe(line []byte) {
	plain := terminalCodes.ReplaceAll(line, nil)
	o.remember(plain)
	if !bytes.Contains(plain, denied) && !(bytes.Contains(plain, deniedByList[0]) && bytes.Contains(plain, deniedByList[1])) {
		return
	}
	o.Denied++
	if len(o.DeniedLines) < maxDeniedLines {
		o.DeniedLines = append(o.DeniedLines, cutText(string(plain), maxDeniedLine))
	}
}
