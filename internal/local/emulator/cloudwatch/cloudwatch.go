// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package cloudwatch is a server that speaks the part of CloudWatch's protocol that takes measurements.
//
// The protocol is Smithy's RPC v2 with CBOR, which the SDK speaks: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
package cloudwatch

import (
	"compress/gzip"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// Service is the name under which calls are counted and made to fail.
const Service = "monitoring"

// The limits of one call and one datum.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
const (
	maxBody       = 1 << 20
	maxData       = 1000
	maxDimensions = 30
	maxPast       = 14 * 24 * time.Hour
	maxFuture     = 2 * time.Hour
)

// Options make an Emulator. The zero Options are good.
type Options struct {
	// Faults counts calls and lets them fail; nil does neither.
	Faults *faults.Injector
	// Clock is the server's; nil is the real one.
	Clock clock.PassiveClock
}

// Dimension narrows a datum down.
type Dimension struct {
	Name  string `cbor:"Name"`
	Value string `cbor:"Value"`
}

// Datum is a measurement as it arrived.
type Datum struct {
	Namespace  string      `cbor:"-"`
	Name       string      `cbor:"MetricName"`
	Dimensions []Dimension `cbor:"Dimensions"`
	Time       time.Time   `cbor:"Timestamp"`
	Unit       string      `cbor:"Unit"`
	Value      float64     `cbor:"Value"`
}

// Emulator is the server. It is safe for concurrent use.
type Emulator struct {
	options Options
	handler http.Handler

	mu   sync.Mutex
	data []Datum
}

// New returns a server without data.
func New(options Options) *Emulator {
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	e := &Emulator{options: options}
	e.handler = http.HandlerFunc(e.serve)
	if options.Faults != nil {
		options.Faults.SetErrorWriter(Service, WriteError)
		e.handler = options.Faults.Middleware(Service, Operation, e.handler)
	}
	return e
}

// Data returns what arrived, in its order.
func (e *Emulator) Data() []Datum {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.data)
}

// ServeHTTP implements http.Handler.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.handler.ServeHTTP(w, r) }

// Operation is the operation that a request's path names: /service/<service>/operation/<operation>.
func Operation(r *http.Request) string {
	service, operation, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/service/"), "/operation/")
	if !ok || service != "GraniteServiceVersion20100801" {
		return ""
	}
	return operation
}

func (e *Emulator) serve(w http.ResponseWriter, r *http.Request) {
	if op := Operation(r); op != "PutMetricData" {
		WriteError(w, r, http.StatusNotFound, "UnknownOperationException", "there is no operation "+op)
		return
	}
	var in struct {
		Namespace  string  `cbor:"Namespace"`
		MetricData []Datum `cbor:"MetricData"`
	}
	body, err := read(w, r)
	if err == nil {
		err = cbor.Unmarshal(body, &in)
	}
	if err != nil {
		WriteError(w, r, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	now := e.options.Clock.Now()
	switch {
	case in.Namespace == "" || len(in.Namespace) > 255 || strings.HasPrefix(in.Namespace, ":") || strings.HasPrefix(in.Namespace, "AWS/"):
		WriteError(w, r, http.StatusBadRequest, "InvalidParameterValue", "The value for parameter Namespace is invalid.")
		return
	case len(in.MetricData) == 0 || len(in.MetricData) > maxData:
		WriteError(w, r, http.StatusBadRequest, "InvalidParameterValue",
			"The collection MetricData must have a size between 1 and 1000.")
		return
	}
	for i := range in.MetricData {
		d := &in.MetricData[i]
		d.Namespace = in.Namespace
		if d.Time.IsZero() {
			d.Time = now
		}
		d.Time = d.Time.UTC()
		if parameter := d.invalid(now); parameter != "" {
			WriteError(w, r, http.StatusBadRequest, "InvalidParameterValue",
				"The parameter MetricData.member."+strconv.Itoa(i+1)+"."+parameter+" is invalid.")
			return
		}
	}
	e.mu.Lock()
	e.data = append(e.data, in.MetricData...)
	e.mu.Unlock()
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.WriteHeader(http.StatusOK)
}

// read reads the body, which the SDK compresses from 10 KiB on.
func read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var body io.Reader = http.MaxBytesReader(w, r.Body, maxBody)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = unzipped
	}
	return io.ReadAll(io.LimitReader(body, 10*maxBody))
}

var units = []string{"", "None", "Count", "Seconds", "Milliseconds", "Microseconds", "Percent", "Bytes", "Count/Second"}

// invalid names the first parameter that CloudWatch would refuse.
func (d Datum) invalid(now time.Time) string {
	switch {
	case d.Name == "" || len(d.Name) > 255:
		return "MetricName"
	case math.IsNaN(d.Value) || math.IsInf(d.Value, 0) || math.Abs(d.Value) > math.Exp2(360):
		return "Value"
	case d.Time.Before(now.Add(-maxPast)) || d.Time.After(now.Add(maxFuture)):
		return "Timestamp"
	case len(d.Dimensions) > maxDimensions:
		return "Dimensions"
	case !slices.Contains(units, d.Unit):
		return "Unit"
	}
	for _, dimension := range d.Dimensions {
		if dimension.Name == "" || dimension.Value == "" || len(dimension.Name) > 255 || len(dimension.Value) > 1024 {
			return "Dimensions"
		}
	}
	return ""
}

// WriteError writes an error in the service's form. The old protocol's code goes along in a header, and is the one
// that the SDK shows: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
func WriteError(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
	body, err := cbor.Marshal(map[string]string{"__type": "com.amazonaws.cloudwatch#" + code, "message": message})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	who := ";Sender"
	if status >= http.StatusInternalServerError {
		who = ";Receiver"
	}
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	w.Header().Set("X-Amzn-Query-Error", code+who)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
