// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// parseGoCover reads a cover profile, which has statements only. With -coverpkg a block is in it once for each
// package that was tested: it is covered if any of them ran it.
func parseGoCover(t *text, s *sink) (measured, error) {
	first := true
	err := t.lines(func(line []byte) error {
		if first {
			if first = false; !bytes.HasPrefix(line, []byte("mode: ")) {
				return errOther
			}
			return nil
		}
		record := strings.TrimSpace(string(line))
		// Profiles that were put together have a mode line in the middle.
		if record == "" || strings.HasPrefix(record, "mode: ") {
			return nil
		}
		return goBlock(record, s)
	})
	if err != nil {
		return measured{}, err
	}
	if first {
		return measured{}, errOther
	}
	return s.sums(), nil
}

// goBlock reads `file:line.column,line.column statements count`.
func goBlock(record string, s *sink) error {
	// A file's name may hold blanks, so the counts are the last two.
	rest, count, ok1 := cutLast(record, " ")
	place, statements, ok2 := cutLast(rest, " ")
	path, block, ok3 := cutLast(place, ":")
	n, err1 := strconv.ParseInt(statements, 10, 64)
	runs, err2 := strconv.ParseUint(count, 10, 64)
	if !ok1 || !ok2 || !ok3 || err1 != nil || err2 != nil || n < 0 || n > maxUnits {
		return fmt.Errorf("the line %.80q is no block of a profile", record)
	}
	f, err := s.file(path)
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(block, ".")
	at, _ := strconv.ParseUint(line, 10, 32) // 0 is no line
	m := mark{total: uint32(n), line: uint32(at)}
	if runs > 0 {
		m.covered = m.total
	}
	if _, end, ok := strings.Cut(place, ","); ok {
		last, _, _ := strings.Cut(end, ".")
		if to, err := strconv.ParseUint(last, 10, 32); err == nil {
			f.blocks = append(f.blocks, span(uint32(at), uint32(to), runs > 0))
		}
	}
	return f.note(metricStatements, coverKey(block), m)
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return strings.TrimRight(text[:i], separator), text[i+len(separator):], true
}
