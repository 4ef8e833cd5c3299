// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// goBlock is what a profile holds of one block.
type goBlock struct {
	statements int64
	hit        bool
}

// parseGoCover reads a cover profile, which has statements only. With -coverpkg a block is in it once for each
// package that was tested: it is covered if any of them ran it.
func parseGoCover(text []byte) (measured, error) {
	if !bytes.HasPrefix(text, []byte("mode: ")) {
		return measured{}, errOther
	}
	blocks := map[string]goBlock{}
	for line := range bytes.Lines(text) {
		record := strings.TrimSpace(string(line))
		// Profiles that were put together have a mode line in the middle.
		if record == "" || strings.HasPrefix(record, "mode: ") {
			continue
		}
		place, block, err := parseGoBlock(record)
		if err != nil {
			return measured{}, err
		}
		if old, ok := blocks[place]; ok {
			block.hit = block.hit || old.hit
		}
		if blocks[place] = block; len(blocks) > maxKept {
			return measured{}, errors.New("it has more blocks than can be counted")
		}
	}
	var m measured
	for _, b := range blocks {
		m.statements.total += b.statements
		if b.hit {
			m.statements.covered += b.statements
		}
	}
	return m, nil
}

// parseGoBlock reads `file:line.column,line.column statements count`.
func parseGoBlock(record string) (string, goBlock, error) {
	fields := strings.Fields(record)
	// A file's name may hold blanks, so the counts are the last two.
	if n := len(fields); n >= 3 {
		statements, err1 := strconv.ParseInt(fields[n-2], 10, 64)
		count, err2 := strconv.ParseUint(fields[n-1], 10, 64)
		place := strings.Join(fields[:n-2], " ")
		if err1 == nil && err2 == nil && statements >= 0 && statements <= maxUnits && strings.Contains(place, ":") {
			return place, goBlock{statements: statements, hit: count > 0}, nil
		}
	}
	return "", goBlock{}, fmt.Errorf("the line %.80q is no block of a profile", record)
}
