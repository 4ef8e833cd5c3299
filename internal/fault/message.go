// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMessage is the longest message, in bytes: it keeps a condition readable in `kubectl describe`.
const maxMessage = 600

// What changes from call to call would make a status write of every failing reconcile.
var (
	requestID = regexp.MustCompile(`(?i)(,\s*)?\(?(request ?id|x-amz-request-id|x-github-request-id)[:=]?\s*[A-Za-z0-9:_-]+\)?`)
	localPort = regexp.MustCompile(`\b((?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:]+\]):\d+->`)
	userInfo  = regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://)[^/@\s]+@`)
	// What follows an address's path can be a signature or a token, whatever it is called.
	urlTail = regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://[^\s"'<>?#]*)[?#][^\s"'<>]*`)
)

// Message returns err's text as it may be shown in a status or an event: one line, without what differs from call
// to call or gives away a credential, cut to a length that is still readable. It is empty for a nil error.
func Message(err error) string {
	if err == nil {
		return ""
	}
	return Clean(err.Error())
}

// Addresses takes user, query and fragment out of a text's addresses, and leaves the rest as it is: for a log, which may
// be as long as it needs to be.
func Addresses(text string) string {
	return urlTail.ReplaceAllString(userInfo.ReplaceAllString(text, "$1"), "$1")
}

// Clean does for a text what Message does for an error.
func Clean(text string) string {
	text = requestID.ReplaceAllString(text, "")
	text = localPort.ReplaceAllString(text, "")
	text = Addresses(text)
	text = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == '\r' {
			return ' '
		}
		if unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxMessage {
		return text
	}
	return Cut(text, maxMessage) + "…"
}

// Cut is the beginning of a text, of at most limit bytes and whole characters.
func Cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
