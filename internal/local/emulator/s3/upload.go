// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// What is wrong with an upload, in S3's words.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
type problem struct {
	status        int
	code, message string
}

// unsignedTrailer is how the SDK uploads over HTTPS: in chunks, with the checksum after the last.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
const unsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

// maxObject is the most that one upload may hold.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html
const maxObject = 5 << 30

// receive reads an upload, takes the framing off and holds its checksum against it. The request then has the object alone.
func receive(r *http.Request) *problem {
	sums := r.Header
	var body []byte
	var err error
	switch kind := r.Header.Get("X-Amz-Content-Sha256"); {
	case kind == unsignedTrailer:
		if body, sums, err = unchunk(r.Body, r.Header.Get("X-Amz-Trailer")); err != nil {
			return &problem{http.StatusBadRequest, "IncompleteBody", err.Error()}
		}
		declared := r.Header.Get("X-Amz-Decoded-Content-Length")
		if declared == "" {
			return &problem{http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header."}
		}
		if declared != strconv.Itoa(len(body)) {
			return &problem{http.StatusBadRequest, "IncompleteBody",
				"You did not provide the number of bytes specified by the Content-Length HTTP header"}
		}
		r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
		r.Header.Del("X-Amz-Decoded-Content-Length")
		if strings.EqualFold(r.Header.Get("Content-Encoding"), "aws-chunked") {
			r.Header.Del("Content-Encoding") // it is not kept with the object
		}
	case strings.HasPrefix(kind, "STREAMING-"):
		return &problem{http.StatusNotImplemented, "NotImplemented", "this server has no uploads of the form " + kind}
	default:
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxObject)); err != nil {
			return &problem{http.StatusBadRequest, "IncompleteBody", err.Error()}
		}
	}
	if p := checkSums(sums, body); p != nil {
		return p
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// unchunk reads chunks, each "<length in hex>[;extension]\r\n<bytes>\r\n", up to one of length 0, and the trailers after it.
func unchunk(r io.Reader, announced string) (body []byte, trailers http.Header, err error) {
	in := bufio.NewReader(r)
	var out bytes.Buffer
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, nil, fmt.Errorf("a chunk's length: %w", err)
		}
		text, _, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ";")
		size, err := strconv.ParseUint(text, 16, 32)
		if err != nil {
			return nil, nil, fmt.Errorf("a chunk's length: %w", err)
		}
		if size == 0 {
			break
		}
		if _, err := io.CopyN(&out, in, int64(size)); err != nil {
			return nil, nil, fmt.Errorf("a chunk: %w", err)
		}
		if end, err := in.ReadString('\n'); err != nil || end != "\r\n" {
			return nil, nil, fmt.Errorf("a chunk's end is %q", end)
		}
	}
	trailers = http.Header{}
	for {
		line, err := in.ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		if name, value, ok := strings.Cut(line, ":"); ok {
			trailers.Set(name, strings.TrimSpace(value))
		}
		if line == "" || err != nil {
			break
		}
	}
	if announced != "" && trailers.Get(announced) == "" {
		return nil, nil, fmt.Errorf("the trailer %s was announced and did not come", announced)
	}
	return out.Bytes(), trailers, nil
}

// checksums are the algorithms, by the ends of their headers' names.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
var checksums = map[string]func() hash.Hash{
	"crc32":     func() hash.Hash { return crc32.NewIEEE() },
	"crc32c":    func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"crc64nvme": func() hash.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) },
	"sha1":      sha1.New,
	"sha256":    sha256.New,
}

func checkSums(header http.Header, body []byte) *problem {
	for name, newHash := range checksums {
		want := header.Get("X-Amz-Checksum-" + name)
		if want == "" {
			continue
		}
		h := newHash()
		_, _ = h.Write(body)
		if base64.StdEncoding.EncodeToString(h.Sum(nil)) != want {
			return &problem{http.StatusBadRequest, "BadDigest", "The " + strings.ToUpper(name) + " you specified did not match the calculated checksum."}
		}
	}
	return nil
}
