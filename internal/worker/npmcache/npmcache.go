// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package npmcache carries what npm has downloaded from one build to the next: blobs whose name is the SHA-512 of their content, and
// nothing else. It asks nobody whom an archive is from: what is in it is whatever its name says, or is not used.
//
// npm looks a package up by the integrity that a lock file names before it asks a registry. The rest of its cache, which says what an
// address answered, is never carried: anybody who wrote it would decide what another build installs.
package npmcache

import (
	"archive/tar"
	"bytes"
	"cmp"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"
)

// Dir is where npm keeps its blobs, below a user's home.
const Dir = ".npm/_cacache/content-v2/sha512"

// Bounds of what is carried.
const (
	maxBlobs = 50_000
	maxBlob  = 128 << 20
	maxBytes = 1 << 30
)

// Report says what was carried.
type Report struct {
	Blobs int
	Bytes int64
	// Refused are entries that are not what their name says, or that are no blobs.
	Refused int
}

// blobName is the hash in hex: two and two characters are directories of npm's, and one name in an archive.
var blobName = regexp.MustCompile(`^[0-9a-f]{128}$`)

func pathOf(name string) string { return path.Join(Dir, name[:2], name[2:4], name[4:]) }

// Restore writes an archive's blobs into a home in which nobody else writes. There need be no archive. An archive that ends early, or
// is none, gives what it had.
func Restore(archive string, home *os.Root) (Report, error) {
	var r Report
	in, err := os.Open(archive)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("opening the archive of npm's cache: %w", err)
	}
	defer func() { _ = in.Close() }()
	if info, err := in.Stat(); err != nil || !info.Mode().IsRegular() {
		return r, errors.Join(err, fmt.Errorf("the archive of npm's cache, %s, is no file", archive))
	}
	entries := tar.NewReader(io.LimitReader(in, 2*maxBytes))
	for seen := 0; seen < maxBlobs && r.Bytes < maxBytes; seen++ {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil {
			r.Refused++
			return r, nil // what comes behind cannot be read; npm downloads it
		}
		ok, err := restoreBlob(home, header, entries)
		if err != nil {
			return r, err
		}
		if !ok {
			r.Refused++
			continue
		}
		r.Blobs++
		r.Bytes += header.Size
	}
	return r, nil
}

// restoreBlob writes a blob if it is one. It is hashed whole before any of it is where npm looks.
func restoreBlob(home *os.Root, header *tar.Header, content io.Reader) (bool, error) {
	if header.Typeflag != tar.TypeReg || header.Size < 0 || header.Size > maxBlob || !blobName.MatchString(header.Name) {
		return false, nil
	}
	text, err := io.ReadAll(io.LimitReader(content, header.Size))
	if err != nil || int64(len(text)) != header.Size || !names(header.Name, text) {
		return false, nil //nolint:nilerr // an archive that ends within a blob
	}
	name := pathOf(header.Name)
	if err := home.MkdirAll(path.Dir(name), 0o700); err != nil {
		return false, fmt.Errorf("restoring npm's cache: %w", err)
	}
	if err := home.WriteFile(name, text, 0o600); err != nil {
		return false, fmt.Errorf("restoring npm's cache: %w", err)
	}
	if err := home.Chtimes(name, time.Time{}, header.ModTime); err != nil {
		return false, fmt.Errorf("restoring npm's cache: %w", err)
	}
	return true, nil
}

// names reports whether a name is the SHA-512 of a content.
func names(name string, content []byte) bool {
	sum := sha512.Sum512(content)
	return hex.EncodeToString(sum[:]) == name
}

// found is a file that may be a blob.
type found struct {
	name     string
	size     int64
	modified time.Time
}

// Save writes the blobs in a home, the newest first as far as the bounds go, into an archive that only the worker may read or write.
// Nothing else writes in the home meanwhile; but whoever did before was not the worker.
func Save(home *os.Root, archive string) (Report, error) {
	var r Report
	all, refused := find(home)
	r.Refused = refused
	dir := filepath.Dir(archive)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return r, fmt.Errorf("saving npm's cache: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a directory
		return r, fmt.Errorf("saving npm's cache: %w", err)
	}
	out, err := os.CreateTemp(dir, ".npm-*")
	if err != nil {
		return r, fmt.Errorf("saving npm's cache: %w", err)
	}
	defer func() { _ = os.Remove(out.Name()) }()
	writer := tar.NewWriter(out)
	for _, f := range all {
		if r.Blobs >= maxBlobs || r.Bytes+f.size > maxBytes {
			break
		}
		text, ok := read(home, f)
		if !ok {
			r.Refused++
			continue
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Size: int64(len(text)), Mode: 0o600, ModTime: f.modified.Truncate(time.Second)}
		if err = writer.WriteHeader(header); err == nil {
			_, err = io.Copy(writer, bytes.NewReader(text))
		}
		if err != nil {
			break
		}
		r.Blobs++
		r.Bytes += int64(len(text))
	}
	if err := errors.Join(err, writer.Close(), out.Close()); err != nil {
		return r, fmt.Errorf("saving npm's cache: %w", err)
	}
	if err := os.Rename(out.Name(), archive); err != nil {
		return r, fmt.Errorf("saving npm's cache: %w", err)
	}
	return r, nil
}

// find lists the files that have a blob's name, the newest first, and counts what else is there. A home without npm's cache has none.
func find(home *os.Root) (all []found, refused int) {
	_ = fs.WalkDir(home.FS(), Dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || len(all) > 2*maxBlobs:
			return fs.SkipAll
		case entry.IsDir():
			return nil
		}
		hash := flat(name[min(len(name), len(Dir)+1):])
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > maxBlob || !blobName.MatchString(hash) || pathOf(hash) != name {
			refused++
			return nil //nolint:nilerr // what cannot be looked at is no blob
		}
		all = append(all, found{hash, info.Size(), info.ModTime()})
		return nil
	})
	slices.SortFunc(all, func(a, b found) int {
		return cmp.Or(b.modified.Compare(a.modified), cmp.Compare(a.name, b.name))
	})
	return all, refused
}

// flat is a path without its slashes.
func flat(name string) string {
	return string(bytes.ReplaceAll([]byte(name), []byte("/"), nil))
}

// read is a blob's content, if it is what its name says. A link is not followed.
func read(home *os.Root, f found) ([]byte, bool) {
	in, err := home.OpenFile(pathOf(f.name), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, false
	}
	defer func() { _ = in.Close() }()
	if info, err := in.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, false
	}
	text, err := io.ReadAll(io.LimitReader(in, maxBlob+1))
	return text, err == nil && len(text) <= maxBlob && names(f.name, text)
}
