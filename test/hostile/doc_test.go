// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package hostile attacks the system as those would whom docs/security.md does not trust: a coding agent, a repository and
// its tests, an author of objects, a server. Each test is named after what it attacks, and was seen to fail before the
// means against it existed. What the attacks of other packages show is not repeated here.
//
// The attacks on the separation need root and a user to be attacked by, which they make and remove. Where they cannot,
// they fail and say what is missing: an attack that was not tried proves nothing.
package hostile
