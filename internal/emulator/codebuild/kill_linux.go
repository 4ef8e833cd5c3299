// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// processes is the process table, from /proc. What ends while it is read is left out.
func processes(id string) []process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	mark := []byte("CODEBUILD_BUILD_ID=" + id)
	var table []process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		// The name stands in parentheses and may hold anything, parentheses too.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 4 {
			continue
		}
		p := process{pid: pid, zombie: fields[0] == "Z" || fields[0] == "X"}
		p.parent, _ = strconv.Atoi(fields[1])
		p.group, _ = strconv.Atoi(fields[2])
		p.session, _ = strconv.Atoi(fields[3])
		if id != "" {
			environ, _ := os.ReadFile("/proc/" + e.Name() + "/environ") // another user's cannot be read, and is not ours
			for v := range bytes.SplitSeq(environ, []byte{0}) {
				p.marked = p.marked || bytes.Equal(v, mark)
			}
		}
		table = append(table, p)
	}
	return table
}
