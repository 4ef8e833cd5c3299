// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// receivePack is the service that takes pushes. A server advertises its refs for it only to whoever may push.
const receivePack = "git-receive-pack"

// maxAdvertisement is how much of an advertisement is read: its first line names the service.
const maxAdvertisement = 64

// mayPush asks for the refs as a push would, and pushes nothing.
func mayPush(ctx context.Context, address, user, token string) error {
	where, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("its address %q is none: %w", address, err)
	}
	where = where.JoinPath("info", "refs")
	where.RawQuery = url.Values{"service": {receivePack}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), http.NoBody)
	if err != nil {
		return fmt.Errorf("asking for its refs: %w", err)
	}
	request.SetBasicAuth(user, token)
	request.Header.Set("User-Agent", "git/kiro-worker") // GitHub answers programs that call themselves git
	client := &http.Client{CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if r.URL.Host != where.Host || r.URL.Scheme != where.Scheme || len(via) > 3 {
			return errors.New("the server sends to another one, which is given no token")
		}
		r.SetBasicAuth(user, token) // a repository that was renamed
		return nil
	}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("the build does not reach it: check the project's VPC, proxy and security groups: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	head, err := io.ReadAll(io.LimitReader(response.Body, maxAdvertisement))
	if err != nil {
		return fmt.Errorf("reading its refs: %w", err)
	}
	switch {
	case response.StatusCode == http.StatusOK && bytes.Contains(head, []byte("service="+receivePack)):
		return nil
	case response.StatusCode == http.StatusOK:
		return errors.New("what answers is no git server: check spec.github.apiURL and proxies on the way")
	case response.StatusCode == http.StatusUnauthorized:
		return errors.New("the token for git is refused: put a valid one into the secret that spec.credentials.gitSecretARN, else githubTokenSecretARN, names")
	case response.StatusCode == http.StatusForbidden:
		return errors.New("the token for git may not push: give it write access to the repository's contents")
	case response.StatusCode == http.StatusNotFound:
		return errors.New("it does not exist, or the token for git cannot see it: correct spec.github.repositories, or give the token or App access to it")
	}
	return fmt.Errorf("the server answers status %d when asked for its refs", response.StatusCode)
}
