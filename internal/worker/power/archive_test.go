// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package power

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

func tarball(t *testing.T, files map[string]string, link string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	if link != "" {
		must(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: "p-main/steering/link.md", Linkname: link}))
	}
	for name, text := range files {
		must(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(text)), Mode: 0o600}))
		_, err := w.Write([]byte(text))
		must(t, err)
	}
	must(t, w.Close())
	must(t, zipped.Close())
	return out.Bytes()
}

func zipball(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range files {
		f, err := w.Create(name)
		must(t, err)
		_, err = f.Write([]byte(text))
		must(t, err)
	}
	must(t, w.Close())
	return out.Bytes()
}

func TestFromArchive(t *testing.T) {
	good := map[string]string{"p-main/plugin.json": `{"name":"house","version":"1.0.0"}`, "p-main/steering/a.md": "a", "p-main/src/big.bin": "x"}
	flat := map[string]string{"plugin.json": `{"name":"house","version":"1.0.0"}`, "steering/a.md": "a"}
	cases := map[string]struct {
		why  string
		name string
		body []byte
		err  string
	}{
		"Tar":          {why: "As a forge packs it, in one directory.", name: "p.tar.gz", body: tarball(t, good, "")},
		"TarFlat":      {why: "Without a directory around it.", name: "p.tgz", body: tarball(t, flat, "")},
		"Zip":          {why: "The other format.", name: "p.zip", body: zipball(t, good)},
		"TarLink":      {why: "A link in an archive is not a file: it is left out.", name: "p.tar.gz", body: tarball(t, good, "/etc/passwd")},
		"TarTraversal": {why: "A path must not leave the directory.", name: "p.tar.gz", body: tarball(t, map[string]string{"p/plugin.json": "{}", "p/steering/../../../evil.md": "x", "../steering/evil.md": "x"}, ""), err: "leads out"},
		"ZipTraversal": {why: "Nor in a zip.", name: "p.zip", body: zipball(t, map[string]string{"/steering/evil.md": "x"}), err: "leads out"},
		"Huge":         {why: "A steering file of two megabytes is a mistake.", name: "p.zip", body: zipball(t, map[string]string{"p/steering/a.md": strings.Repeat("x", 2<<20)}), err: "more than"},
		"NotAnArchive": {why: "An error page instead of an archive.", name: "p.zip", body: []byte("<html>"), err: "reading the archive"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(c.body) }))
			defer server.Close()
			source, err := url.Parse(server.URL + "/" + c.name)
			must(t, err)
			files, notes, err := Source{}.fromArchive(t.Context(), source)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("%s\ngot %v", c.why, err)
				}
				return
			}
			must(t, err)
			p, err := parse(files, "")
			if err != nil || p.Label() != "house 1.0.0" || string(p.Steering["a.md"]) != "a" || len(p.Steering) != 1 {
				t.Errorf("%s\ngot %+v, %v", c.why, p, err)
			}
			if named := strings.Contains(strings.Join(notes, " "), "link.md"); named != (c.err == "" && name == "TarLink") {
				t.Errorf("%s\nnotes: %q", c.why, notes)
			}
		})
	}
}

func TestDownloadTriesOnlyTheNetworkAgain(t *testing.T) {
	var plain *httptest.Server
	plain = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/busy.zip":
			w.WriteHeader(http.StatusTooManyRequests)
		case "/cut.zip":
			panic(http.ErrAbortHandler)
		case "/away.zip":
			http.Redirect(w, r, "ftp://elsewhere.test/p.zip", http.StatusFound)
		case "/signed.zip":
			// This very server by another name: it would answer.
			http.Redirect(w, r, strings.Replace(plain.URL, "127.0.0.1", "localhost", 1)+"/elsewhere.zip?X-Sig=s1gn4ture#t0ken", http.StatusFound)
		case "/elsewhere.zip":
			_, _ = w.Write(zipball(t, map[string]string{}))
		default:
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}
	}))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	cases := map[string]struct {
		why, address string
		again        bool
	}{
		"Refused":     {"Nobody listens: the server may be started again.", "http://127.0.0.1:1/p.zip", true},
		"Busy":        {"It says itself that it may work again in a moment.", plain.URL + "/busy.zip", true},
		"Cut":         {"A connection that broke.", plain.URL + "/cut.zip", true},
		"Certificate": {"A certificate that is not trusted is not trusted the next time.", secure.URL + "/p.zip", false},
		"NotTLS":      {"Nor is plain HTTP ever TLS.", strings.Replace(plain.URL, "http:", "https:", 1) + "/p.zip", false},
		"Elsewhere":   {"A redirect to another server is not followed, and what signs its address is in no message.", plain.URL + "/signed.zip", false},
		"Away":        {"A redirect to another protocol is not followed.", plain.URL + "/away.zip", false},
		"Loop":        {"A loop has no end.", plain.URL + "/loop.zip", false},
		"NotFound":    {"What is not there is not there.", "", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if c.address == "" {
				missing := httptest.NewServer(http.NotFoundHandler())
				defer missing.Close()
				c.address = missing.URL
			}
			source, err := url.Parse(c.address)
			must(t, err)
			_, err = download(t.Context(), source)
			if err == nil || fault.IsTerminal(err) == c.again {
				t.Errorf("%s\ngot %v", c.why, err)
			}
			if err != nil && (strings.Contains(err.Error(), "s1gn4ture") || strings.Contains(err.Error(), "t0ken")) {
				t.Errorf("%s\ngot %v", c.why, err)
			}
		})
	}
}

// What a hostile archive holds is of safe names, and within bounds.
func FuzzArchives(f *testing.F) {
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, list := range []func([]byte) (contents, error){zipContents, tarContents} {
			c, err := list(text)
			if err != nil {
				continue
			}
			files, _, _ := gather(c, "", true)
			for name := range files {
				if !safeName(name) {
					t.Fatalf("%q is no safe name", name)
				}
			}
		}
	})
}
