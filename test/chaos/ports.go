// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/notify"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// ports makes the real ports over the simulated services, as internal/resolver does over the network.
type ports struct {
	s       *simulation
	process *process
}

var (
	_ access.Clients = (*ports)(nil)
	_ watch.Clients  = (*ports)(nil)
)

// Builds implements access.Clients. The role says which account is meant.
func (p *ports) Builds(_ context.Context, _ string, aws v1alpha1.AWSAccess) (build.Service, error) {
	for _, a := range p.s.accounts {
		if a.role() == aws.RoleARN {
			return codebuild.New(p.s.mutant.codeBuild(buildClient{p.s.world, a})), nil
		}
	}
	return nil, fmt.Errorf("simulation: no account has the role %q", aws.RoleARN)
}

func (a *account) role() string { return "arn:aws:iam::" + a.id + ":role/kiro" }

// Table implements access.Clients. All clusters share one table.
func (p *ports) Table(context.Context, string, v1alpha1.AWSAccess, string) (lock.Table, error) {
	return p.s.lockTable(), nil
}

// BuildObserver implements watch.Clients.
func (p *ports) BuildObserver(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Observer, error) {
	return p.Builds(ctx, namespace, aws)
}

// LockReader implements watch.Clients.
func (p *ports) LockReader(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Reader, error) {
	return p.Table(ctx, namespace, aws, tableName)
}

// Demand implements dispatch.Tables.
func (p *ports) Demand(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Demand, error) {
	return p.Table(ctx, namespace, aws, tableName)
}

// lockTable is the real lock table over the simulated one.
func (s *simulation) lockTable() lock.Table {
	return dynamodb.New(s.mutant.dynamoDB(tableClient{s.world, s.table}), tableName,
		dynamodb.WithWait(s.sleep), dynamodb.WithRandom(s.random.Float64))
}

// Forge implements access.Clients.
func (p *ports) Forge(context.Context, string, string, v1alpha1.Credentials, v1alpha1.AWSAccess) (forge.Forge, error) {
	return forgeClient{p.s}, nil
}

// Board implements access.Clients.
func (p *ports) Board(context.Context, *v1alpha1.WorkSource, *v1alpha1.WorkEnvironment) (board.Board, error) {
	return boardClient{s: p.s}, nil
}

// boardClient is a board that confirms its cards. It is never the lock.
type boardClient struct {
	board.Board
	s *simulation
}

// Cards implements board.Lister.
func (c boardClient) Cards(_ context.Context, _ board.Ref, ids []string) (map[string]board.Card, error) {
	v, err := c.s.do(&call{to: toForge, op: "cards", effect: func() (any, error) {
		seen := map[string]board.Card{}
		for _, id := range ids {
			if card := c.s.cards[id]; card != nil {
				seen[id] = board.Card{ID: id, Repository: repository, StatusUpdatedAt: card.triggered}
			}
		}
		return seen, nil
	}})
	if err != nil {
		return nil, err
	}
	return v.(map[string]board.Card), nil //nolint:forcetypeassert // the effect above made it
}

// Notifier implements access.Clients.
func (p *ports) Notifier(context.Context, string, v1alpha1.AWSAccess, *v1alpha1.NotificationRule) (notify.Notifier, error) {
	return nil, errors.New("simulation: notifications are not simulated")
}
