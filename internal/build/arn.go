// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package build

import "strings"

// SamePlace reports whether two ARNs, "arn:partition:service:region:account:resource", are of one partition, region
// and account. Only a build's own place can say what became of it: another answers that it knows no such build.
func SamePlace(a, b string) bool {
	x, y := strings.SplitN(a, ":", 6), strings.SplitN(b, ":", 6)
	if len(x) != 6 || len(y) != 6 || x[0] != "arn" || y[0] != "arn" {
		return false
	}
	return x[1] == y[1] && x[3] == y[3] && x[4] == y[4]
}
