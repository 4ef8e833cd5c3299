// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// provider is the name of the one provider of boards that is known.
const provider = contract.ProviderGitHub

// The kinds, in the API's words.
const (
	sourceKind = "WorkSource"
	itemKind   = "WorkItem"
)

// ItemName is the name of a card's WorkItem. It is a function of the card's id and of nothing else, so that two
// deliveries of one card, or two polls at one time, can never make two items.
func ItemName(cardID string) string {
	sum := sha256.Sum256([]byte(provider + "/" + cardID))
	return "card-" + hex.EncodeToString(sum[:])[:20]
}

// maxFieldOwner is the API server's limit.
const maxFieldOwner = 128

// fieldOwner is the name under which a source owns the fields that it applies. Each source has its own: two
// sources that race for one card then conflict, where one owner would let the second overwrite the first's item.
func fieldOwner(source string) string {
	name := "kiro-worker/worksource/" + source
	if len(name) <= maxFieldOwner {
		return name
	}
	sum := sha256.Sum256([]byte(source))
	return "kiro-worker/worksource/" + hex.EncodeToString(sum[:])
}

// checkBranch says what git, and with it the WorkItem's schema, would refuse about a branch's name. The schema has
// the last word; this is here so that the refusal reads well beside the card and costs no write.
func checkBranch(name string) error {
	switch {
	case len(name) > 244:
		return errors.New("it is longer than 244 characters")
	case strings.HasPrefix(name, "-"):
		return errors.New("it begins with '-'")
	case strings.HasPrefix(name, "refs/"):
		return errors.New("it begins with 'refs/'; leave 'refs/heads/' out")
	case name == "@", name == "HEAD":
		return errors.New("git gives this name a meaning of its own")
	case strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`~^:?*[\`, r) }):
		return errors.New(`it holds a space, a control character or one of ~ ^ : ? * [ \`)
	case strings.Contains(name, ".."), strings.Contains(name, "@{"):
		return errors.New("it holds '..' or '@{'")
	case strings.HasSuffix(name, "."):
		return errors.New("it ends with '.'")
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return errors.New("a part between slashes is empty, begins with '.' or ends with '.lock'")
		}
	}
	return nil
}
