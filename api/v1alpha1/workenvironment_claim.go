// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// ClaimDuration is how long an installation's word that it works on an environment holds.
	ClaimDuration = 3 * time.Minute
	// claimRenewal is how old the word may be before it is renewed.
	claimRenewal = time.Minute
)

// AnotherInstallation returns an error, which says what to do, if another installation works on the environment. Two that go on
// would take turns in undoing what the other did. An installation without a name, which no cluster has, knows no other.
func (w *WorkEnvironment) AnotherInstallation(name string, now time.Time) error {
	claim := w.Status.Manager
	if claim == nil || name == "" || claim.Name == name || now.Sub(claim.RenewedAt.Time).Abs() >= ClaimDuration {
		return nil
	}
	return fmt.Errorf("another installation, %s, works on environment %s/%s: uninstall one of the two, or give each its own namespaces "+
		"(namespaces in the chart's values, --namespaces). This one, %s, does nothing until then, and goes on by itself within %s after the other has gone",
		claim.Name, w.Namespace, w.Name, name, ClaimDuration)
}

// Claim says that an installation works on the environment. It is renewed no more often than necessary: each time is a write
// of the status.
func (w *WorkEnvironment) Claim(name string, now time.Time) {
	claim := w.Status.Manager
	switch {
	case name == "":
	case claim == nil, claim.Name != name, now.Sub(claim.RenewedAt.Time).Abs() >= claimRenewal:
		w.Status.Manager = &ManagerClaim{Name: name, RenewedAt: metav1.NewTime(now).Rfc3339Copy()}
	}
}
