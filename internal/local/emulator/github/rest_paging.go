// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// page cuts one page out of a list and says in the Link header where the others are
// (https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api).
func page[T any](c *restCall, all []T) []T {
	query := c.request.URL.Query()
	size, number := atLeastOne(query.Get("per_page"), 30), atLeastOne(query.Get("page"), 1)
	size = min(size, 100)
	last := max(1, (len(all)+size-1)/size)
	var links []string
	link := func(relation string, n int) {
		target := url.URL{Path: c.request.URL.Path}
		query.Set("page", strconv.Itoa(n))
		target.RawQuery = query.Encode()
		links = append(links, fmt.Sprintf(`<%s%s>; rel=%q`, c.url, target.String(), relation))
	}
	if number > 1 {
		link("prev", min(number-1, last))
	}
	if number < last {
		link("next", number+1)
		link("last", last)
	}
	if number > 1 {
		link("first", 1)
	}
	if len(links) > 0 {
		c.header.Set("Link", strings.Join(links, ", "))
	}
	start := min((number-1)*size, len(all))
	return all[start:min(start+size, len(all))]
}

// atLeastOne reads a number. GitHub takes one that makes no sense for the default.
func atLeastOne(text string, fallback int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1_000_000 {
		return fallback
	}
	return n
}
