// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset

import "bytes"

// maxEvent is the longest event that is read, in bytes. An event carries the files that a tool read, so longer ones occur; what
// says how a turn ended is short.
const maxEvent = 1 << 20

// jsonLines puts the lines of a stream of JSON objects together from their pieces.
type jsonLines struct {
	line    []byte
	tooLong bool
}

// add returns the line that a piece completes; nil while it goes on, and for one that is no object or is too long.
func (j *jsonLines) add(piece []byte) []byte {
	body, ended := bytes.CutSuffix(piece, []byte("\n"))
	if len(j.line)+len(body) > maxEvent {
		j.tooLong, j.line = true, nil
	}
	if !j.tooLong {
		j.line = append(j.line, body...)
	}
	if !ended {
		return nil
	}
	line, tooLong := bytes.TrimSpace(j.line), j.tooLong
	j.line, j.tooLong = nil, false
	if tooLong || !bytes.HasPrefix(line, []byte("{")) {
		return nil
	}
	return line
}

// rest is the last line, where nothing ended it.
func (j *jsonLines) rest() []byte {
	if len(j.line) == 0 {
		return nil
	}
	return j.add([]byte("\n"))
}
