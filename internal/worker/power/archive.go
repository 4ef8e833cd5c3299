// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// fromArchive fetches an archive and reads the files out of it.
func (s Source) fromArchive(ctx context.Context, source *url.URL) (map[string][]byte, error) {
	text, err := download(ctx, source)
	if err != nil {
		return nil, err
	}
	g := gathering{dir: cleanDir(s.Path), packed: true, files: map[string][]byte{}}
	if strings.HasSuffix(source.Path, ".zip") {
		err = g.zip(text)
	} else {
		err = g.tar(text)
	}
	if err != nil {
		if fault.IsTerminal(err) {
			return nil, err
		}
		return nil, invalidf("reading the archive: %w", err)
	}
	return g.found(), nil
}

func (g *gathering) zip(text []byte) error {
	r, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return err
	}
	for _, entry := range r.File {
		if !entry.Mode().IsRegular() || !g.wants(entry.Name) {
			continue
		}
		in, err := entry.Open()
		if err != nil {
			return err
		}
		err = g.add(entry.Name, int64(min(entry.UncompressedSize64, maxArchive)), in)
		_ = in.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// maxArchive is the largest archive, in bytes.
const maxArchive = 64 << 20

// maxUnpacked bounds what an archive unpacks to: a small one can hold a very large one.
const maxUnpacked = 512 << 20

func (g *gathering) tar(text []byte) error {
	unpacked, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return err
	}
	r := tar.NewReader(io.LimitReader(unpacked, maxUnpacked))
	for {
		entry, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(entry.Name, "./")
		if entry.Typeflag != tar.TypeReg || !g.wants(name) {
			continue
		}
		if err := g.add(name, entry.Size, r); err != nil {
			return err
		}
	}
}

var errRedirect = errors.New("too many redirects, or one to another server: name the address that they lead to, as codeload.github.com for an archive of GitHub's")

// withoutAddress is a request's error without the address that was asked last, which may be a signed one.
func withoutAddress(err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		return asked.Err
	}
	return err
}

// isNetwork reports whether a request failed for a network, or a server, that may work again in a moment. A certificate
// that is not trusted, a protocol that is not spoken and a redirect that is not followed are the same the next time.
func isNetwork(err error) bool {
	var (
		alert   tls.AlertError
		network net.Error
		op      *net.OpError
	)
	switch {
	case errors.As(err, &alert):
		return false
	case errors.As(err, &op), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.Canceled):
		return true
	default:
		return errors.As(err, &network) && network.Timeout()
	}
}

// download fetches an archive over a verified connection, from this server and no other. The address that a redirect leads
// to may be a signed one, so it stands in no error.
func download(ctx context.Context, source *url.URL) ([]byte, error) {
	client := &http.Client{
		Timeout:   fetchTimeout,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, DisableKeepAlives: true},
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if len(via) > 3 || next.URL.Scheme != source.Scheme || next.URL.Host != source.Host || next.URL.User != nil {
				return errRedirect
			}
			return nil
		},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, source.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	switch {
	case err != nil && isNetwork(err):
		return nil, fault.NewRetryable(fault.CodeUnreachable, withoutAddress(err))
	case err != nil:
		return nil, fault.NewTerminal(fault.CodeInvalidConfiguration, withoutAddress(err))
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode >= http.StatusInternalServerError || resp.StatusCode == http.StatusTooManyRequests:
		return nil, fault.NewRetryable(fault.CodeUnreachable, fmt.Errorf("the server answered %s", resp.Status))
	case resp.StatusCode != http.StatusOK:
		return nil, fault.NewTerminal(fault.CodeNotFound, fmt.Errorf("the server answered %s", resp.Status))
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxArchive+1))
	if err != nil {
		return nil, fault.NewRetryable(fault.CodeUnreachable, err)
	}
	if len(text) > maxArchive {
		return nil, invalidf("the archive has more than %d bytes", maxArchive)
	}
	return text, nil
}
