// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// Parts of the lock table's conditions.
const (
	partUnclaimed  = " AND attribute_not_exists(#buildId)"
	partClaimable  = " AND (attribute_not_exists(#buildId) OR #buildId = :buildId)"
	partInProgress = " AND #status = :inProgress"
	partAsRead     = " AND #expiresAt = :expiresAt"
)

// Mutants are all protections of the protocols, each removed.
func Mutants() []Mutant {
	return []Mutant{
		{Name: "token", Builds: func(api awsapi.CodeBuild) awsapi.CodeBuild { return tokenless{api} }},
		{Name: "intent", Kubernetes: func(c client.Client) client.Client {
			return forgetful{c, map[types.NamespacedName]*v1alpha1.WorkItem{}}
		}},
		editing("claim", without(doesClaim, partClaimable)),
		editing("abandon", without(doesFree, partUnclaimed)),
		editing("abandon, and the row as read", without(doesFree, partUnclaimed, partAsRead)),
		editing("the card's record", cardUnread),
		editing("what acquire removes", keepsOld),
		editing("the partner's key", partnerKept),
		{Name: "the second look at the slots", Ports: func(p access.Clients) access.Clients {
			return mutantPorts{Clients: p, table: func(t lock.Table) lock.Table { return &oneLook{Table: t} }}
		}},
		{Name: "the transaction over both rows", Table: func(api awsapi.DynamoDB) awsapi.DynamoDB { return rowByRow{api} }},
		{Name: "asking CodeBuild before reclaim", Ports: func(p access.Clients) access.Clients {
			return mutantPorts{Clients: p, builds: func(s build.Service) build.Service { return presumedOver{s} }}
		}},
		{Name: "the settling time", NoSettling: true},
		{Name: "the parameters' hash", NoHash: true},
		editing("in_progress on heartbeat", without(doesHeartbeat, partInProgress)),
		editing("the conditions on release", releaseUnasked),
		{Name: "resourceVersion on status writes", Kubernetes: func(c client.Client) client.Client { return unversioned{c} }},
		editing("the budget's condition", unbounded),
		editing("setting aside before a start", unreserved),
		editing("fence", fenceless),
		{Name: "waiting for dependencies", Kubernetes: func(c client.Client) client.Client { return independent{c} }},
		{Name: "waiting for a deleted environment", Kubernetes: func(c client.Client) client.Client { return impatient{c} }},
	}
}
