// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package codebuild

import (
	"os/exec"
	"strconv"
	"strings"
)

// processes is the process table, from ps, which everywhere knows parents and groups. Environments and
// directories are not known: what left its group and lost its parent escapes.
func processes(traces) []process {
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,pgid=,stat=").Output()
	if err != nil {
		return nil
	}
	var table []process
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) < 4 {
			continue
		}
		p := process{zombie: strings.HasPrefix(fields[3], "Z")}
		p.pid, _ = strconv.Atoi(fields[0])
		p.parent, _ = strconv.Atoi(fields[1])
		p.group, _ = strconv.Atoi(fields[2])
		table = append(table, p)
	}
	return table
}
