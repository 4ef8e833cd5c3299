// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

var _ lock.Demand = (*Table)(nil)

const (
	// wanted begins the attribute of a cluster. The rest is a hash of its name, of which an expression can be made whatever the
	// name is.
	wanted = "wanted_"
	// mostClusters bounds what is read of a row that anybody who may write the table can fill.
	mostClusters = 100
	// keepDemand is how long a row is kept that nobody writes any more.
	keepDemand = time.Hour
)

// WantSlots implements lock.Demand. A row with a fence is a lock's, and is left alone.
func (t *Table) WantSlots(ctx context.Context, projectARN, cluster string, now time.Time) error {
	sum := sha256.Sum256([]byte(cluster))
	write := expression{
		condition: "attribute_not_exists(#fence)",
		update:    "SET #" + wanted + hex.EncodeToString(sum[:8]) + " = :wanted, #deleteAt = :deleteAt",
	}
	olds, err := t.transact(ctx, act{contract.DemandKey(projectARN), write, values{
		"wanted": text(now.UTC().Format(time.RFC3339) + " " + cluster), "deleteAt": seconds(now.Add(keepDemand)),
	}})
	if err != nil {
		return fmt.Errorf("writing to table %s that slots are wanted: %w", t.name, err)
	}
	if olds != nil {
		return fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf("row %s of table %s is a lock's", contract.DemandKey(projectARN), t.name))
	}
	return nil
}

// WhoWants implements lock.Demand. What is not as WantSlots writes it is left out.
func (t *Table) WhoWants(ctx context.Context, projectARN string) (map[string]time.Time, error) {
	i, err := t.get(ctx, contract.DemandKey(projectARN))
	if err != nil {
		return nil, fmt.Errorf("reading from table %s who wants slots: %w", t.name, err)
	}
	clusters := map[string]time.Time{}
	for _, name := range slices.Sorted(maps.Keys(i)) {
		at, cluster, ok := strings.Cut(i.text(name), " ")
		when, err := time.Parse(time.RFC3339, at)
		if strings.HasPrefix(name, wanted) && ok && err == nil && len(clusters) < mostClusters {
			clusters[cluster] = when
		}
	}
	return clusters, nil
}
