// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

const (
	// maxObjectText is how much of an object is kept, in bytes. GitHub cuts the text of large blobs, too, and says so
	// in isTruncated; at what size is not published.
	maxObjectText = 512 << 10
	// maxCached bounds the cache, in bytes. When it is full it is emptied.
	maxCached = 64 << 20
)

// gitObject is an object as `git cat-file --batch` gives it.
type gitObject struct {
	repo *repository
	oid  string
	kind string // commit, tree, blob, tag
	size int
	data []byte // at most maxObjectText of it
}

// objectCache keeps objects by repository and "commit:path". Both never change, so nothing is ever stale: what moves
// are references, and those are read each time.
type objectCache struct {
	mu      sync.Mutex
	entries map[string]*gitObject
	size    int
}

func newObjectCache() *objectCache { return &objectCache{entries: map[string]*gitObject{}} }

// get reads one object by "OID" or "OID:path". It is nil if there is none.
func (c *objectCache) get(ctx context.Context, repo *repository, spec string) (*gitObject, error) {
	found, err := c.all(ctx, repo, []string{spec})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// all reads several objects with one process at most.
func (c *objectCache) all(ctx context.Context, repo *repository, specs []string) ([]*gitObject, error) {
	out := make([]*gitObject, len(specs))
	var missing []int
	c.mu.Lock()
	for i, spec := range specs {
		if out[i] = c.entries[repo.dir+"\n"+spec]; out[i] == nil {
			missing = append(missing, i)
		}
	}
	c.mu.Unlock()
	if len(missing) == 0 {
		return out, nil
	}
	var input strings.Builder
	for _, i := range missing {
		if strings.ContainsAny(specs[i], "\n\x00") {
			return nil, errors.New("an object's name has a line break in it")
		}
		input.WriteString(specs[i] + "\n")
	}
	read, err := catFile(ctx, repo, input.String(), len(missing))
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for n, i := range missing {
		if out[i] = read[n]; out[i] != nil {
			c.keep(repo.dir+"\n"+specs[i], out[i])
		}
	}
	return out, nil
}

func (c *objectCache) keep(key string, object *gitObject) {
	if c.size+len(object.data) > maxCached {
		c.entries, c.size = map[string]*gitObject{}, 0
	}
	c.entries[key] = object
	c.size += len(object.data)
}

// forget drops what is kept of a repository that is gone: another may take its name.
func (c *objectCache) forget(repo *repository) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, object := range c.entries {
		if object.repo == repo {
			delete(c.entries, key)
			c.size -= len(object.data)
		}
	}
}

// catFile asks git for objects, one a line (https://git-scm.com/docs/git-cat-file#_batch_output).
func catFile(ctx context.Context, repo *repository, input string, count int) ([]*gitObject, error) {
	ctx, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "--git-dir", repo.dir, "cat-file", "--batch")
	cmd.Env = gitEnvironment()
	cmd.Stdin = strings.NewReader(input)
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	objects := make([]*gitObject, count)
	reader := bufio.NewReader(output)
	for i := range objects {
		if objects[i], err = readObject(reader, repo); err != nil {
			break
		}
	}
	_, _ = io.Copy(io.Discard, reader)
	if waitErr := cmd.Wait(); err == nil && waitErr != nil {
		err = waitErr
	}
	if err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	return objects, nil
}

// readObject reads "OID KIND SIZE", the content and a line break; or "SPEC missing".
func readObject(reader *bufio.Reader, repo *repository) (*gitObject, error) {
	line, err := reader.ReadString('\n')
	if err != nil {
		return nil, err //nolint:wrapcheck // catFile wraps it
	}
	header := strings.Fields(line)
	if len(header) != 3 || !oidPattern.MatchString(header[0]) {
		return nil, nil //nolint:nilnil // no such object is no error
	}
	size, err := strconv.Atoi(header[2])
	if err != nil {
		return nil, fmt.Errorf("a size of %q", header[2])
	}
	object := &gitObject{repo: repo, oid: header[0], kind: header[1], size: size}
	object.data = make([]byte, min(size, maxObjectText))
	if _, err := io.ReadFull(reader, object.data); err != nil {
		return nil, err //nolint:wrapcheck // catFile wraps it
	}
	_, err = io.CopyN(io.Discard, reader, int64(size-len(object.data))+1)
	return object, err //nolint:wrapcheck // catFile wraps it
}

// isBinary is git's own rule: a zero byte among the first 8,000.
func (o *gitObject) isBinary() bool { return bytes.IndexByte(o.data[:min(len(o.data), 8000)], 0) >= 0 }

type treeEntry struct {
	repo *repository
	mode int
	name string
	oid  string
}

func (e treeEntry) kind() string {
	switch e.mode {
	case 0o40000:
		return "tree"
	case 0o160000:
		return "commit"
	default:
		return "blob"
	}
}

// treeEntries reads a tree object: "MODE NAME", a zero byte and 20 bytes of object id, again and again.
func (o *gitObject) treeEntries() []treeEntry {
	var out []treeEntry
	for rest := o.data; len(rest) > 0; {
		end := bytes.IndexByte(rest, 0)
		if end < 0 || len(rest) < end+21 {
			break
		}
		mode, name, _ := strings.Cut(string(rest[:end]), " ")
		bits, err := strconv.ParseInt(mode, 8, 32)
		if err != nil {
			break
		}
		out = append(out, treeEntry{repo: o.repo, mode: int(bits), name: name, oid: hex.EncodeToString(rest[end+1 : end+21])})
		rest = rest[end+21:]
	}
	return out
}
