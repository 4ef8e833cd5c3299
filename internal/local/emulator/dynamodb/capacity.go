// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
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

// unitsOf is how many units a row takes. One that is absent takes one.
func unitsOf(row item, unit int) float64 {
	return float64(max(1, (sizeOf(row)+unit-1)/unit))
}

// sizeOf is the size of a row, or of a map in it, in bytes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func sizeOf(row item) int {
	size := 0
	for name, v := range row {
		size += len(name) + sizeOfValue(v)
	}
	return size
}

func sizeOfValue(v types.AttributeValue) int {
	const nesting, element = 3, 1 // of a list or a map, and of each that is in it
	size := 0
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		size = len(v.Value)
	case *types.AttributeValueMemberN:
		size = sizeOfNumber(v.Value)
	case *types.AttributeValueMemberB:
		size = len(v.Value)
	case *types.AttributeValueMemberSS:
		for _, s := range v.Value {
			size += len(s)
		}
	case *types.AttributeValueMemberNS:
		for _, n := range v.Value {
			size += sizeOfNumber(n)
		}
	case *types.AttributeValueMemberBS:
		for _, b := range v.Value {
			size += len(b)
		}
	case *types.AttributeValueMemberM:
		size = nesting + element*len(v.Value) + sizeOf(v.Value)
	case *types.AttributeValueMemberL:
		size = nesting + element*len(v.Value)
		for _, e := range v.Value {
			size += sizeOfValue(e)
		}
	default: // a boolean or null
		size = 1
	}
	return size
}

// sizeOfNumber is a byte for two digits, and one more. That zeros at both ends do not count is left out.
func sizeOfNumber(n string) int { return (len(n)+1)/2 + 1 }

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
