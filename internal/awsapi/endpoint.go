// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package awsapi

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// CheckEndpoint reports what is wrong with an entry of an allow list, so that a flag can be refused at start.
func CheckEndpoint(endpoint string) error {
	_, err := origin(endpoint)
	return err
}

// checkEndpoint refuses a custom endpoint that is not on the allow list: credentials and secrets would go there.
func (c *Clients) checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	o, err := origin(endpoint)
	if err != nil {
		return fault.NewTerminal(fault.CodeEndpointNotAllowed, err)
	}
	if !c.allowed[o] {
		return fault.NewTerminal(fault.CodeEndpointNotAllowed, fmt.Errorf(
			"the endpoint %s is not allowed: remove it, or let the operator add it to --allowed-endpoints", o))
	}
	return nil
}

// origin is an endpoint's scheme, host and port in one form, so that "HTTPS://Host" and "https://host:443" are one.
func origin(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		// The text may hold a password: it is not repeated.
		return "", errors.New("the endpoint is not a URL: write https://host[:port]")
	}
	if u.User != nil {
		return "", errors.New("the endpoint holds a user name: write https://host[:port]")
	}
	scheme := strings.ToLower(u.Scheme)
	port := u.Port()
	switch {
	case u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("the endpoint is not an origin: write https://host[:port]")
	case scheme == "https" && port == "":
		port = "443"
	case scheme == "http" && port == "":
		port = "80"
	case scheme != "https" && scheme != "http":
		return "", errors.New("the endpoint's scheme is neither https nor http: write https://host[:port]")
	}
	return scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port), nil
}
