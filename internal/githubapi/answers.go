// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"net/http"
	"sync"
)

const (
	// maxAnswers and maxAnswerSize bound what is kept for conditional requests: at most 4 MiB by credentials.
	maxAnswers    = 64
	maxAnswerSize = 64 << 10
)

// answers keeps answers to REST reads with their ETag. GitHub does not count a request that it answers with
// "304 Not Modified", so asking again what has not changed is free.
type answers struct {
	mu    sync.Mutex
	byURL map[string]answer
	order []string // oldest first
}

type answer struct {
	etag   string
	header http.Header
	body   []byte
}

func newAnswers() *answers { return &answers{byURL: map[string]answer{}} }

// ask makes the request conditional if an answer is kept.
func (a *answers) ask(req *http.Request) (answer, bool) {
	if req.Method != http.MethodGet {
		return answer{}, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	kept, ok := a.byURL[req.URL.String()]
	if ok {
		req.Header.Set("If-None-Match", kept.etag)
	}
	return kept, ok
}

// keep remembers a good answer that has an ETag.
func (a *answers) keep(req *http.Request, resp *http.Response, body []byte) {
	etag := resp.Header.Get("Etag")
	if req.Method != http.MethodGet || resp.StatusCode != http.StatusOK || etag == "" || len(body) > maxAnswerSize {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	url := req.URL.String()
	if _, ok := a.byURL[url]; !ok {
		a.order = append(a.order, url)
	}
	a.byURL[url] = answer{etag: etag, header: resp.Header.Clone(), body: body}
	for len(a.order) > maxAnswers {
		delete(a.byURL, a.order[0])
		a.order = a.order[1:]
	}
}

// restore turns "not modified" into the answer that was kept, with the new answer's rate limit.
func (kept answer) restore(resp *http.Response) []byte {
	header := kept.header.Clone()
	for name, values := range resp.Header {
		header[name] = values
	}
	header.Del("Content-Length")
	resp.StatusCode, resp.Status, resp.Header = http.StatusOK, "200 OK", header
	return kept.body
}
