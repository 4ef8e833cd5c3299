// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package metricsink is the port to which a build sends what it measured. The manager's own metrics are Prometheus' and do
// not pass here.
package metricsink

import (
	"context"
	"time"
)

// Unit is a datum's unit.
type Unit string

// The units of data.
const (
	UnitCount   Unit = "Count"
	UnitSeconds Unit = "Seconds"
	UnitPercent Unit = "Percent"
)

// Dimension narrows a datum down.
type Dimension struct{ Name, Value string }

// Datum is one measurement.
type Datum struct {
	Name       string
	Unit       Unit
	Value      float64
	Time       time.Time
	Dimensions []Dimension
}

// Sink takes measurements.
type Sink interface {
	// Put sends data. Losing them harms nothing: the caller logs the error and goes on.
	Put(ctx context.Context, data []Datum) error
}
