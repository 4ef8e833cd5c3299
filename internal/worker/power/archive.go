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
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// fromArchive reads an archive. The notes say what was left out.
func (s Source) fromArchive(ctx context.Context, source *url.URL) (files map[string][]byte, notes []string, err error) {
	text, err := download(ctx, source)
	if err != nil {
		return nil, nil, err
	}
	list := tarContents
	if strings.HasSuffix(source.Path, ".zip") {
		list = zipContents
	}
	c, err := list(text)
	if err == nil {
		files, notes, err = gather(c, cleanDir(s.Path), true)
	}
	if err != nil && !fault.IsTerminal(err) {
		err = invalidf("reading the archive: %w", err)
	}
	return files, notes, err
}

// maxLink is the longest path that a link may lead to, in bytes.
const maxLink = 1024

// zipContents lists a zip archive.
func zipContents(text []byte) (contents, error) {
	r, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return contents{}, err
	}
	var c contents
	for _, file := range r.File {
		e := entry{name: file.Name, size: int64(min(file.UncompressedSize64, maxArchive))}
		switch {
		case file.Mode()&fs.ModeSymlink != 0:
			if e.link, err = zipLink(file); err != nil {
				return contents{}, err
			}
			e.isLink = true
		case !file.Mode().IsRegular():
			continue
		}
		if c.entries = append(c.entries, e); len(c.entries) > maxEntries {
			break
		}
	}
	c.read = func(names map[string]bool, add func(string, io.Reader) error) error {
		for _, file := range r.File {
			if !names[file.Name] || !file.Mode().IsRegular() {
				continue
			}
			in, err := file.Open()
			if err != nil {
				return err
			}
			err = add(file.Name, in)
			_ = in.Close()
			if err != nil {
				return err
			}
		}
		return nil
	}
	return c, nil
}

// zipLink reads where a link leads: that is what it holds. One that would lead through a root is none of the archive's.
func zipLink(file *zip.File) (string, error) {
	in, err := file.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = in.Close() }()
	text, err := io.ReadAll(io.LimitReader(in, maxLink))
	return withinSource(string(text)), err
}

// withinSource is where a link leads; empty for one that leads out by its form.
func withinSource(link string) string {
	if strings.HasPrefix(link, "/") || strings.Contains(link, "\\") {
		return ""
	}
	return link
}

// maxArchive is the longest archive that is fetched, and maxUnpacked how much of an unpacked one is looked at, in bytes.
const (
	maxArchive  = 64 << 20
	maxUnpacked = 512 << 20
)

// tarContents lists a compressed tar archive.
func tarContents(text []byte) (contents, error) {
	var c contents
	err := eachInTar(text, func(h *tar.Header, name string, _ io.Reader) error {
		e := entry{name: name, size: h.Size}
		switch h.Typeflag {
		case tar.TypeReg:
		case tar.TypeSymlink:
			e.link, e.isLink = withinSource(h.Linkname), true
		case tar.TypeLink:
			// It says where it leads from the archive's beginning.
			e.link, e.isLink = "/"+strings.TrimPrefix(withinSource(h.Linkname), "./"), true
		default:
			return nil
		}
		if c.entries = append(c.entries, e); len(c.entries) > maxEntries {
			return io.EOF
		}
		return nil
	})
	c.read = func(names map[string]bool, add func(string, io.Reader) error) error {
		return eachInTar(text, func(h *tar.Header, name string, in io.Reader) error {
			if h.Typeflag != tar.TypeReg || !names[name] {
				return nil
			}
			return add(name, in)
		})
	}
	return c, err
}

// eachInTar calls do for each entry, until that is io.EOF.
func eachInTar(text []byte, do func(h *tar.Header, name string, in io.Reader) error) error {
	unpacked, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return err
	}
	r := tar.NewReader(io.LimitReader(unpacked, maxUnpacked))
	for {
		h, err := r.Next()
		if err == nil {
			err = do(h, strings.TrimPrefix(h.Name, "./"), r)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
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
