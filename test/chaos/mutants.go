// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"sync/atomic"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
)

// Mutant removes a protection, from outside: it is between the real code and what that talks to. The zero
// Mutant removes nothing.
type Mutant struct {
	Name string
	// Table and Builds are before DynamoDB and CodeBuild.
	Table  func(awsapi.DynamoDB) awsapi.DynamoDB
	Builds func(awsapi.CodeBuild) awsapi.CodeBuild
	// Kubernetes is before the API server.
	Kubernetes func(client.Client) client.Client
	// Ports is before all ports of the controller, but not of its watcher.
	Ports func(access.Clients) access.Clients
	// Edits counts the lock table's requests that it has changed; nil where it changes none.
	Edits *atomic.Int64
	// NoSettling removes the settling time.
	NoSettling bool
	// NoHash has workers take the row's word for their parameters.
	NoHash bool
}

func (m Mutant) dynamoDB(api awsapi.DynamoDB) awsapi.DynamoDB {
	if m.Table == nil {
		return api
	}
	return m.Table(api)
}

func (m Mutant) codeBuild(api awsapi.CodeBuild) awsapi.CodeBuild {
	if m.Builds == nil {
		return api
	}
	return m.Builds(api)
}

func (m Mutant) kubernetes(c client.Client) client.Client {
	if m.Kubernetes == nil {
		return c
	}
	return m.Kubernetes(c)
}

func (m Mutant) ports(p access.Clients) access.Clients {
	if m.Ports == nil {
		return p
	}
	return m.Ports(p)
}

func (m Mutant) settling() time.Duration {
	if m.NoSettling {
		return 0
	}
	return settlingTime
}
