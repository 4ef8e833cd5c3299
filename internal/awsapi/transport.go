// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package awsapi

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"
)

const (
	// maxAnswer bounds an answer's body. The longest that is asked for is 100 rows of a table, which DynamoDB cuts
	// at 16 MiB.
	maxAnswer = 32 << 20

	smithyProtocol = "Smithy-Protocol"

	maxIdleConnections = 32
	maxConnections     = 64
)

func newHTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTimeout(attemptTimeout).WithTransportOptions(func(t *http.Transport) {
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		t.TLSClientConfig.MinVersion = max(t.TLSClientConfig.MinVersion, tls.VersionTLS12)
		t.MaxIdleConns = maxIdleConnections
		t.MaxIdleConnsPerHost = maxIdleConnections
		t.MaxConnsPerHost = maxConnections
	})
}

// errNotInProtocol: the server said that all is well, but not in the service's protocol.
var errNotInProtocol = errors.New("the answer is not in the service's protocol")

// checkedClient bounds answers and refuses those that no AWS service gives. The SDK takes an empty body of status
// 200 for a success: a proxy's mistake would look like a lock that was acquired.
type checkedClient struct {
	next aws.HTTPClient
}

// Do implements aws.HTTPClient.
func (c checkedClient) Do(req *http.Request) (*http.Response, error) {
	res, err := c.next.Do(req)
	if err != nil {
		return res, err
	}
	body := &answer{Reader: bufio.NewReader(io.LimitReader(res.Body, maxAnswer)), Closer: res.Body}
	res.Body = body
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return res, nil
	}
	// Of Smithy's own protocols a success may be empty, but never without this header.
	if name := req.Header.Get(smithyProtocol); name != res.Header.Get(smithyProtocol) && name != "" {
		_ = res.Body.Close()
		return nil, errNotInProtocol
	}
	want := firstByte(req.Header.Get("Content-Type"))
	if want == 0 {
		return res, nil
	}
	if got, err := body.peek(); err != nil || got != want {
		_ = res.Body.Close()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return nil, errNotInProtocol
	}
	return res, nil
}

// firstByte is what a success in the protocol of a request begins with; zero where it may be empty.
func firstByte(contentType string) byte {
	switch {
	case strings.HasPrefix(contentType, "application/x-amz-json-"):
		return '{'
	case strings.HasPrefix(contentType, "application/x-www-form-urlencoded"):
		return '<'
	}
	return 0
}

type answer struct {
	*bufio.Reader
	io.Closer
}

// peek returns the first byte that is not white space, and leaves it to be read.
func (a *answer) peek() (byte, error) {
	for {
		b, err := a.ReadByte()
		if err != nil {
			return 0, err
		}
		if !strings.ContainsRune(" \t\r\n", rune(b)) {
			return b, a.UnreadByte()
		}
	}
}

// addUserAgent says which program calls, after what the SDK says of itself.
func (c *Clients) addUserAgent() func(*middleware.Stack) error {
	name, version, versioned := strings.Cut(c.options.UserAgent, "/")
	switch {
	case name == "":
		return awsmiddleware.AddUserAgentKey("kiro-worker")
	case !versioned:
		return awsmiddleware.AddUserAgentKey(name)
	}
	return awsmiddleware.AddUserAgentKeyValue(name, version)
}

// addTimeout ends a call, retries included, so that a process that died is known to have no request on its way
// after that time.
func addTimeout(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("KiroWorkerTimeout", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		timeout := OperationTimeout
		if awsmiddleware.GetServiceID(ctx) == "S3" {
			timeout = UploadTimeout
		}
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return next.HandleInitialize(ctx, in)
	}), middleware.After)
}
