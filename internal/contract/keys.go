// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package contract is the only thing that controller and worker share: the lock rows' keys and attributes, the variables
// that a build is given, the result document, the outcomes and whose failure they are, and retry policies. It calls
// nothing, and knows neither Kubernetes nor AWS. A change here is a change of protocol: both sides may run in different
// versions while one is rolled out.
package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// MaxSlots is the highest number of slots that a CodeBuild project can have. All of them are read to decide
// whether a build may start, so that concurrency can be lowered while builds run.
const MaxSlots = 50

// SlotKey is the lockKey of slot n, from 0, of a CodeBuild project.
func SlotKey(projectARN string, n int) string {
	return "slot#" + projectARN + "#" + strconv.Itoa(n)
}

// SlotKeys are the keys of all slots of a project, by number.
func SlotKeys(projectARN string) []string {
	keys := make([]string, MaxSlots)
	for n := range keys {
		keys[n] = SlotKey(projectARN, n)
	}
	return keys
}

// DemandKey is the lockKey of the row in which clusters say that they want slots of a project. It is no slot and no lock, but
// who may reach the project's slots may reach it.
func DemandKey(projectARN string) string { return "slot#" + projectARN + "#demand" }

// BranchKey is the lockKey of a branch. The repository's database id survives a rename of the repository. The
// ref is given in full ("refs/heads/x").
func BranchKey(forgeHost string, repositoryID int64, ref string) string {
	return fmt.Sprintf("branch#%s/%d#%s", forgeHost, repositoryID, ref)
}

// ProviderGitHub is the provider of cards that are on GitHub's boards.
const ProviderGitHub = "github"

// CardKey is the lockKey of the record of what was processed for a card.
func CardKey(provider, cardID string) string { return "card#" + provider + "/" + cardID }

// ObjectCardKey is CardKey for a work item that was made by hand.
func ObjectCardKey(uid string) string { return "card#object/" + uid }

// IsBoardCard reports whether a card's row is that of a card on a board, and not of a work item that was made by hand.
func IsBoardCard(cardKey string) bool {
	return strings.HasPrefix(cardKey, "card#") && !strings.HasPrefix(cardKey, ObjectCardKey(""))
}

// LockID names an attempt's lock: a hash of the object's UID and the attempt's number, so that a controller
// that crashed after acquiring the lock finds its own again.
func LockID(uid string, attempt int32) string {
	return digest("lock", uid, strconv.Itoa(int(attempt)))[:40]
}

// IdempotencyToken is the token of StartBuild for an attempt, at most 64 characters.
func IdempotencyToken(lockID string) string { return digest("token", lockID) }

// CorrelationID names a work item in logs, builds and pull requests.
func CorrelationID(uid string) string { return digest("correlation", uid)[:16] }

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
