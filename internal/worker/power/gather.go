// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"io"
	"path"
	"strings"
)

// below are the files under a directory, by their path relative to it.
func below(files map[string][]byte, dir string) map[string][]byte {
	if dir == "" {
		return files
	}
	found := map[string][]byte{}
	for name, text := range files {
		if rest, ok := strings.CutPrefix(name, dir+"/"); ok {
			found[rest] = text
		}
	}
	return found
}

// wanted reports whether a file can be part of a Power's manifest or steering; all others are not even read.
func wanted(name string) bool {
	base := path.Base(name)
	return base == "POWER.md" || base == "plugin.json" || path.Ext(base) == ".md" && (strings.HasPrefix(name, "steering/") || strings.Contains(name, "/steering/"))
}

// gathering keeps files within the bounds. Only those of one Power count: a repository may have many.
type gathering struct {
	dir string
	// packed says that all may be in one more directory, as archives of forges have it.
	packed bool
	files  map[string][]byte
	bytes  int
}

// wants reports whether a file can be part of the Power.
func (g *gathering) wants(name string) bool {
	within := func(name string) bool { return g.dir == "" || strings.HasPrefix(name, g.dir+"/") }
	_, unpacked, _ := strings.Cut(name, "/")
	return wanted(name) && (within(name) || g.packed && within(unpacked))
}

// found are the files of the Power by their path relative to it.
func (g *gathering) found() map[string][]byte {
	if !g.packed {
		return below(g.files, g.dir)
	}
	if g.dir == "" {
		return withoutTop(g.files)
	}
	if flat := below(g.files, g.dir); len(flat) > 0 {
		return flat
	}
	return below(withoutTop(g.files), g.dir)
}

func (g *gathering) add(name string, size int64, in io.Reader) error {
	if !safeName(name) {
		return invalidf("the path %.80q leads out of the Power", name)
	}
	if size > maxPowerFile || len(g.files) >= maxPowerFiles {
		return invalidf("the Power has more than %d files, or one of more than %d bytes", maxPowerFiles, maxPowerFile)
	}
	text, err := io.ReadAll(io.LimitReader(in, maxPowerFile+1))
	if err != nil {
		return err
	}
	if g.bytes += len(text); len(text) > maxPowerFile || g.bytes > maxPowerBytes {
		return invalidf("the Power has more than %d bytes", maxPowerBytes)
	}
	g.files[name] = text
	return nil
}

// withoutTop removes the one directory that all files are in, as archives of forges have it.
func withoutTop(files map[string][]byte) map[string][]byte {
	top := ""
	for name := range files {
		first, _, ok := strings.Cut(name, "/")
		if !ok || top != "" && top != first || first == "steering" {
			return files
		}
		top = first
	}
	return below(files, top)
}
