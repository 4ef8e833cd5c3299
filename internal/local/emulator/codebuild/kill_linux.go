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
func processes(t traces) []process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var table []process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if p, ok := readProcess(pid, t); ok {
			table = append(table, p)
		}
	}
	return table
}

func readProcess(pid int, t traces) (process, bool) {
	proc := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(proc + "/stat")
	if err != nil {
		return process{}, false
	}
	// The name is in parentheses and may hold anything, parentheses too.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 5 {
		return process{}, false
	}
	p := process{pid: pid, zombie: fields[0] == "Z" || fields[0] == "X"}
	p.parent, _ = strconv.Atoi(fields[1])
	p.group, _ = strconv.Atoi(fields[2])
	p.session, _ = strconv.Atoi(fields[3])
	// A process with a terminal is a person who looks around in the build's directory: builds have none.
	p.marked = fields[4] == "0" && (hasID(proc, t.id) || worksIn(proc, t.dir))
	return p, true
}

// hasID reports whether a process was started with the build's id in its environment.
func hasID(proc, id string) bool {
	environ, err := os.ReadFile(proc + "/environ") // another user's cannot be read, and is not ours
	if err != nil || id == "" {
		return false
	}
	return bytes.Contains(append([]byte{0}, environ...), []byte("\x00CODEBUILD_BUILD_ID="+id+"\x00"))
}

// worksIn reports whether a process's directory is, or is below, the build's.
func worksIn(proc, dir string) bool {
	cwd, err := os.Readlink(proc + "/cwd")
	return err == nil && (cwd == dir || strings.HasPrefix(cwd, dir+"/"))
}
