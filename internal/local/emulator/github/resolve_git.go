// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

// maxPrefetch is the largest tree whose blobs are read together when the tree is. A larger one is more likely listed
// than read.
const maxPrefetch = 64

func gitTypes() graphql.Types {
	tree := objectFields("T")
	tree["entries"] = asked((*viewer).entries)
	return graphql.Types{
		"Commit": commitFields(), "Tree": tree, "Blob": blobFields(), "TreeEntry": entryFields(),
		"Status": {
			"state":    plain(func(latest []*commitStatus) any { return strings.ToUpper(combined(latest)) }),
			"contexts": plain(func(latest []*commitStatus) any { return latest }),
		},
		"StatusContext": {
			"id":          plain(func(c *commitStatus) any { return c.nodeID }),
			"context":     plain(func(c *commitStatus) any { return c.context }),
			"state":       plain(func(c *commitStatus) any { return strings.ToUpper(c.state) }),
			"description": plain(func(c *commitStatus) any { return c.description }),
			"targetUrl":   plain(func(c *commitStatus) any { return orNil(c.targetURL, c.targetURL == "") }),
			"createdAt":   plain(func(c *commitStatus) any { return c.createdAt }),
		},
	}
}

func objectFields(prefix string) fields {
	return fields{
		"id":             plain(func(o *gitObject) any { return prefix + "_" + o.oid }),
		"oid":            plain(func(o *gitObject) any { return o.oid }),
		"abbreviatedOid": plain(func(o *gitObject) any { return o.oid[:7] }),
		"repository":     plain(func(o *gitObject) any { return o.repo }),
	}
}

func commitFields() fields {
	commit := objectFields("C")
	commit["url"] = asked(func(v *viewer, o *gitObject, _ *graphql.Call) (any, error) {
		return v.url + "/" + o.repo.fullName() + "/commit/" + o.oid, nil
	})
	commit["message"] = fromCommit(func(c commitData) any { return c.message })
	commit["messageHeadline"] = fromCommit(func(c commitData) any {
		headline, _, _ := strings.Cut(c.message, "\n")
		return headline
	})
	commit["committedDate"] = fromCommit(func(c commitData) any { return c.committed })
	commit["authoredDate"] = fromCommit(func(c commitData) any { return c.authored })
	commit["tree"] = asked(func(v *viewer, o *gitObject, c *graphql.Call) (any, error) {
		return v.server.objects.get(c.Context, o.repo, o.oid+"^{tree}")
	})
	commit["status"] = plain(func(o *gitObject) any {
		if latest := o.repo.latestStatuses(o.oid); len(latest) > 0 {
			return latest
		}
		return nil
	})
	return commit
}

func blobFields() fields {
	blob := objectFields("B")
	blob["byteSize"] = fromBlob(func(o *gitObject) any { return o.size })
	blob["isBinary"] = fromBlob(func(o *gitObject) any { return o.isBinary() })
	blob["isTruncated"] = fromBlob(func(o *gitObject) any { return o.size > len(o.data) })
	blob["text"] = fromBlob(func(o *gitObject) any {
		if o.isBinary() {
			return nil // "UTF8 text data or null if the Blob is binary"
		}
		return strings.ToValidUTF8(string(o.data), "\uFFFD")
	})
	return blob
}

func entryFields() fields {
	return fields{
		"name": plain(func(e treeEntry) any { return e.name }),
		"mode": plain(func(e treeEntry) any { return e.mode }),
		"oid":  plain(func(e treeEntry) any { return e.oid }),
		"type": plain(func(e treeEntry) any { return e.kind() }),
		"object": plain(func(e treeEntry) any {
			if e.kind() == "commit" {
				return nil // a submodule: the commit is in another repository
			}
			return &gitObject{repo: e.repo, oid: e.oid, kind: e.kind()}
		}),
		"size": asked(func(v *viewer, e treeEntry, c *graphql.Call) (any, error) {
			if e.kind() != "blob" {
				return 0, nil
			}
			blob, err := v.server.load(c.Context, &gitObject{repo: e.repo, oid: e.oid, kind: "blob"})
			if err != nil {
				return nil, err
			}
			return blob.size, nil
		}),
	}
}

// load reads the content of an object that so far is only named.
func (s *Server) load(ctx context.Context, o *gitObject) (*gitObject, error) {
	if o.data != nil {
		return o, nil
	}
	loaded, err := s.objects.get(ctx, o.repo, o.oid)
	if err != nil {
		return nil, err
	}
	if loaded == nil {
		return nil, graphql.Errorf("", "the object %s is missing in %s", o.oid, o.repo.fullName())
	}
	return loaded, nil
}

func fromBlob(get func(*gitObject) any) graphql.Field {
	return asked(func(v *viewer, o *gitObject, c *graphql.Call) (any, error) {
		loaded, err := v.server.load(c.Context, o)
		if err != nil {
			return nil, err
		}
		return get(loaded), nil
	})
}

func (v *viewer) entries(o *gitObject, c *graphql.Call) (any, error) {
	loaded, err := v.server.load(c.Context, o)
	if err != nil {
		return nil, err
	}
	if loaded.size > len(loaded.data) {
		return nil, graphql.Errorf("EMULATOR_UNSUPPORTED", "a tree of %d bytes is more than the emulator reads", loaded.size)
	}
	entries := loaded.treeEntries()
	if len(entries) <= maxPrefetch {
		var blobs []string
		for _, e := range entries {
			if e.kind() == "blob" {
				blobs = append(blobs, e.oid)
			}
		}
		if _, err := v.server.objects.all(c.Context, o.repo, blobs); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// commitData is what a commit object says of itself.
type commitData struct {
	message             string
	authored, committed time.Time
}

func fromCommit(get func(commitData) any) graphql.Field {
	return fromBlob(func(o *gitObject) any { return get(parseCommit(string(o.data))) })
}

func parseCommit(text string) commitData {
	header, message, _ := strings.Cut(text, "\n\n")
	out := commitData{message: strings.TrimSuffix(message, "\n")}
	for line := range strings.Lines(header) {
		words := strings.Fields(line)
		if len(words) < 3 {
			continue
		}
		seconds, err := strconv.ParseInt(words[len(words)-2], 10, 64)
		if err != nil {
			continue
		}
		switch words[0] {
		case "author":
			out.authored = time.Unix(seconds, 0)
		case "committer":
			out.committed = time.Unix(seconds, 0)
		}
	}
	return out
}
