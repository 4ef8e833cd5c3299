// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// What a unit of capacity reads and writes, in bytes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
const (
	readUnit  = 4096
	writeUnit = 1024
)

// consumed is what an answer says that a request used of a table, if it was asked to.
type consumed struct {
	TableName     string
	CapacityUnits float64
}

// reported reports whether a request's ReturnConsumedCapacity asks for the capacity.
func reported(asked string) bool { return asked == "TOTAL" || asked == "INDEXES" }

// readUnits is what reading a row costs; half of it if the read may be stale.
func readUnits(row item, consistent bool) float64 {
	units := unitsOf(row, readUnit)
	if !consistent {
		return units / 2
	}
	return units
}

// unitsOf is how many units a row takes. One that is absent takes one. Its size is of its JSON, which is near enough.
func unitsOf(row item, unit int) float64 {
	text, err := json.Marshal(row)
	if err != nil {
		panic(fmt.Sprintf("a row that was read from JSON is none: %v", err))
	}
	return float64(max(1, (len(text)+unit-1)/unit))
}

// transactionUnits are what a transaction wrote, by table. It costs twice what single writes would.
func transactionUnits(all []planned) []consumed {
	by := map[string]float64{}
	for _, p := range all {
		by[p.table.definition.TableName] += 2 * max(unitsOf(p.old, writeUnit), unitsOf(p.next, writeUnit))
	}
	return listed(by)
}

func listed(by map[string]float64) []consumed {
	var all []consumed
	for _, name := range slices.Sorted(maps.Keys(by)) {
		all = append(all, consumed{name, by[name]})
	}
	return all
}
