// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/bradleyfalzon/ghinstallation/v2"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// The types of GraphQL errors that mean something here.
const (
	TypeNotFound  = "NOT_FOUND"
	TypeForbidden = "FORBIDDEN"

	typeInsufficientScopes = "INSUFFICIENT_SCOPES"
	typeRateLimited        = "RATE_LIMITED"
	typeRateLimit          = "RATE_LIMIT"
	typeUnprocessable      = "UNPROCESSABLE"
	typeMaxNodes           = "MAX_NODE_LIMIT_EXCEEDED"
)

// maxQuoted is how much of GitHub's own words a message repeats, in bytes.
const maxQuoted = 200

// ErrTooLarge is in the chain of an error about an answer that was too long to be read. Asking for less may help.
var ErrTooLarge = errors.New("the answer is too large")

// ErrServer is in the chain of an error about an answer with a status from 500 on. Asking for less may help.
var ErrServer = errors.New("GitHub could not answer")

// errNoAnswer is in the chain of an error about a call that GitHub never answered.
var errNoAnswer = errors.New("no answer from GitHub")

// refusedForLimit reports whether the answer is a refusal for a rate limit's sake. The primary limit comes as
// 200 with an error or as 403 or 429 with nothing remaining, a secondary one as any of these with a
// retry-after, or with nothing but a link to its documentation.
func (ex *exchange) refusedForLimit() bool {
	if ex.status == http.StatusTooManyRequests {
		return true
	}
	if ex.status == http.StatusOK {
		for _, f := range ex.failures {
			if f.Type == typeRateLimited || f.Type == typeRateLimit {
				return true
			}
		}
		return len(ex.failures) > 0 && ex.header.Get("Retry-After") != ""
	}
	if ex.status != http.StatusForbidden {
		return false
	}
	return ex.header.Get("Retry-After") != "" || ex.header.Get("X-Ratelimit-Remaining") == "0" ||
		strings.HasSuffix(ex.docs, "secondary-rate-limits") || strings.HasSuffix(ex.docs, "#abuse-rate-limits")
}

// classify is the kind of fault of a call that failed as a whole, or nil. A rate limit is reported by the budget.
func (ex *exchange) classify(host string) error {
	switch {
	case ex.failure != nil:
		return ex.failure
	case ex.status == 0:
		return nil
	case ex.status >= http.StatusInternalServerError:
		return fault.NewRetryable(fault.CodeUnreachable,
			fmt.Errorf("%w: %s answered with %s; tried again later%s", ErrServer, host, statusText(ex.status), said(ex.message)))
	case ex.notJSON:
		return invalidAnswer(host, fmt.Errorf("%s with a body that is not GitHub's", statusText(ex.status)))
	case ex.status >= http.StatusMultipleChoices:
		return classifyStatus(host, ex.status, ex.message)
	case len(ex.failures) > 0 && !ex.hasData:
		return ex.failures.Classified()
	}
	return nil
}

// classifyStatus gives an HTTP status its kind.
func classifyStatus(host string, status int, message string) error {
	with := func(advice string) error {
		return fmt.Errorf("%s answered with %s: %s%s", host, statusText(status), advice, said(message))
	}
	switch status {
	case http.StatusUnauthorized:
		return fault.NewTerminal(fault.CodeUnauthorized, with("the credentials were refused; check that the token is whole and has not expired"))
	case http.StatusForbidden, http.StatusUnavailableForLegalReasons:
		return fault.NewTerminal(fault.CodeAccessDenied, with("the credentials lack a permission; grant the token or App access to it"))
	case http.StatusNotFound, http.StatusGone:
		return fault.NewTerminal(fault.CodeNotFound, with("it does not exist, or the credentials cannot see it"))
	case http.StatusRequestTimeout:
		return fault.NewRetryable(fault.CodeUnreachable, with("tried again later"))
	case http.StatusConflict, http.StatusLocked:
		return fault.NewRetryable(fault.CodeUnknown, with("something else was changing it; tried again later"))
	}
	if status < http.StatusBadRequest {
		return invalidAnswer(host, fmt.Errorf("%s, which points elsewhere", statusText(status)))
	}
	return fault.NewTerminal(fault.CodeInvalidRequest, with("the request was refused as invalid"))
}

// Classified gives one failure its kind of fault.
func (e *PathError) Classified() error {
	switch e.Type {
	case TypeNotFound:
		return fault.NewTerminal(fault.CodeNotFound, fmt.Errorf("it does not exist, or the credentials cannot see it: %w", e))
	case TypeForbidden:
		return fault.NewTerminal(fault.CodeAccessDenied, fmt.Errorf("the credentials lack a permission; grant the token or App access to it: %w", e))
	case typeInsufficientScopes:
		return fault.NewTerminal(fault.CodeAccessDenied,
			fmt.Errorf("the token lacks a scope (read:project reads boards, project changes them, repo reads repositories): %w", e))
	case typeRateLimited, typeRateLimit:
		return fault.NewWait(firstPause, fault.CodeRateLimited, fmt.Errorf("GitHub's rate limit is reached: %w", e))
	case typeUnprocessable, typeMaxNodes:
		return fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf("GitHub refused the request as invalid: %w", e))
	case "":
		if e.Code != "" {
			return fault.NewTerminal(fault.CodeInvalidRequest,
				fmt.Errorf("GitHub does not understand the query; a GitHub Enterprise Server may be too old for it: %w", e))
		}
		return fault.NewRetryable(fault.CodeUnreachable, fmt.Errorf("GitHub could not answer; tried again later: %w", e))
	default:
		return fault.NewRetryable(fault.CodeUnknown, fmt.Errorf("GitHub answered with an error: %w", e))
	}
}

// classifyTransport gives an error of a call that got no answer its kind. What already has one keeps it, and
// loses the words that net/http puts around it. The caller's own cancellation is handed back as it is.
func classifyTransport(ctx context.Context, host string, err error) error {
	if coded := codedIn(err); coded != nil {
		return coded
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("calling %s: %w", host, ctx.Err())
	}
	var (
		syntax *json.SyntaxError
		typed  *json.UnmarshalTypeError
	)
	if errors.As(err, &syntax) || errors.As(err, &typed) {
		return invalidAnswer(host, err)
	}
	return fault.NewRetryable(fault.CodeUnreachable, fmt.Errorf("%w (%s): %w", errNoAnswer, host, err))
}

// classifyToken gives a failure to get an App's token its kind. ghinstallation keeps the answer in its error.
func classifyToken(ctx context.Context, host string, err error) error {
	var refused *ghinstallation.HTTPError
	if !errors.As(err, &refused) || refused.Response == nil {
		return classifyTransport(ctx, host, err)
	}
	switch status := refused.Response.StatusCode; {
	case status >= http.StatusInternalServerError:
		return fault.NewRetryable(fault.CodeUnreachable, fmt.Errorf("%s answered with %s to the request for the App's token; tried again later", host, statusText(status)))
	case status == http.StatusUnauthorized:
		return fault.NewTerminal(fault.CodeUnauthorized, fmt.Errorf("%s refused the GitHub App's key: check appID and privateKey", host))
	case status == http.StatusNotFound:
		return fault.NewTerminal(fault.CodeUnauthorized, fmt.Errorf("%s knows no such installation of the GitHub App: check installationID, and that the App is installed", host))
	default:
		return classifyStatus(host, status, "")
	}
}

// codedIn returns the outermost error in err's chain that has a kind.
func codedIn(err error) error {
	for ; err != nil; err = errors.Unwrap(err) {
		switch err.(type) { //nolint:errorlint // the chain is walked by hand, outermost first
		case *fault.Terminal, *fault.Wait, *fault.Retryable:
			return err
		}
	}
	return nil
}

func invalidAnswer(host string, err error) error {
	return fault.NewRetryable(fault.CodeInvalidAnswer,
		fmt.Errorf("%s did not answer as GitHub does; check apiURL and any proxy in between: %w", host, err))
}

// said repeats GitHub's own words, if there are any.
func said(message string) string {
	if message == "" {
		return ""
	}
	return " (" + quoted(message) + ")"
}

// quoted is a text of GitHub's as it may be in a message.
func quoted(text string) string { return Text(text, maxQuoted) }

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprintf("status %d", status)
}
