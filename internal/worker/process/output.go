// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// maxTail is the most bytes of the newest output that are kept when a file is cut.
const maxTail = 4 << 20

// outputs are the files of standard output and standard error; they may be one.
type outputs struct {
	stdout, stderr *output
}

func openOutputs(spec Spec) (*outputs, error) {
	if spec.Stdout == "" {
		return nil, errors.New("no file for the program's output")
	}
	stdout, err := openOutput(spec.Stdout, spec.MaxOutput)
	if err != nil {
		return nil, err
	}
	if spec.Stderr == "" || spec.Stderr == spec.Stdout {
		return &outputs{stdout: stdout, stderr: stdout}, nil
	}
	stderr, err := openOutput(spec.Stderr, spec.MaxOutput)
	if err != nil {
		_ = stdout.file.Close()
		return nil, err
	}
	return &outputs{stdout: stdout, stderr: stderr}, nil
}

func (o *outputs) each(f func(*output)) {
	f(o.stdout)
	if o.stderr != o.stdout {
		f(o.stderr)
	}
}

func (o *outputs) trim()  { o.each((*output).trim) }
func (o *outputs) close() { o.each(func(f *output) { _ = f.file.Close() }) }

func (o *outputs) written() int64 {
	var n int64
	o.each(func(f *output) { n += f.written() })
	return n
}

// output is one file that a program appends to.
type output struct {
	mu      sync.Mutex
	file    *os.File
	max     int64
	before  int64 // bytes that were in the file at the start
	leftOut int64 // bytes that were removed from it
	marks   int64 // bytes of our own lines in it
}

func openOutput(path string, limit int64) (*output, error) {
	// Appending, because the program and this one write to the same file, and because after it is cut the program
	// must go on at its new end and not leave a hole.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the output file: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("reading the output file's size: %w", err)
	}
	return &output{file: file, max: limit, before: info.Size()}, nil
}

// written is how many bytes the program has written so far.
func (o *output) written() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	info, err := o.file.Stat()
	if err != nil {
		return o.leftOut
	}
	return info.Size() - o.before - o.marks + o.leftOut
}

// trim cuts the middle out of a file that has grown too long. What is written while it cuts may be lost; what was at
// the head stays, because that is where a run says what it is doing.
func (o *output) trim() {
	o.mu.Lock()
	defer o.mu.Unlock()
	info, err := o.file.Stat()
	if err != nil || info.Size()-o.before <= o.max {
		return
	}
	size, head := info.Size(), o.before+o.max/2
	tail := make([]byte, min(maxTail, o.max/4))
	n, err := o.file.ReadAt(tail, size-int64(len(tail)))
	if err != nil && !errors.Is(err, io.EOF) {
		return
	}
	if err := o.file.Truncate(head); err != nil {
		return
	}
	// The older mark, if there was one, was behind the head and goes with what is cut.
	o.leftOut += size - head - int64(n) - o.marks
	mark := fmt.Sprintf("\n[... %d bytes left out ...]\n", o.leftOut)
	o.marks = int64(len(mark))
	_, _ = o.file.WriteString(mark)
	_, _ = o.file.Write(tail[:n])
}
