// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package cloudwatch sends measurements to Amazon CloudWatch. It keeps none back for another try.
package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
)

// What one call and one datum hold at most.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
const (
	maxData       = 1000
	maxDimensions = 30
)

// Sink sends measurements under one namespace.
type Sink struct {
	api       awsapi.CloudWatch
	namespace string
}

var _ metricsink.Sink = (*Sink)(nil)

// New returns a Sink for a namespace, for example "KiroWorker".
func New(api awsapi.CloudWatch, namespace string) *Sink { return &Sink{api: api, namespace: namespace} }

// Put implements metricsink.Sink. A datum that CloudWatch would refuse is left out, and named in the error: it would
// take all others of its call with it.
func (s *Sink) Put(ctx context.Context, data []metricsink.Datum) error {
	var refused []string
	var good []types.MetricDatum
	for _, d := range data {
		if math.IsNaN(d.Value) || math.IsInf(d.Value, 0) || d.Name == "" {
			refused = append(refused, d.Name)
			continue
		}
		good = append(good, datum(d))
	}
	for batch := range slices.Chunk(good, maxData) {
		_, err := s.api.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{
			Namespace:  aws.String(s.namespace),
			MetricData: batch,
		})
		if err != nil {
			return fmt.Errorf("sending %d measurements: %w", len(batch), classify(err))
		}
	}
	if len(refused) > 0 {
		return fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf(
			"%d measurements have no name or no finite value and were left out: %s", len(refused), strings.Join(refused, ", ")))
	}
	return nil
}

func datum(d metricsink.Datum) types.MetricDatum {
	out := types.MetricDatum{
		MetricName: aws.String(d.Name),
		Value:      aws.Float64(d.Value),
		Unit:       types.StandardUnit(d.Unit),
	}
	if !d.Time.IsZero() {
		out.Timestamp = aws.Time(d.Time)
	}
	for _, dimension := range d.Dimensions {
		// An empty value is refused by CloudWatch; without the dimension the datum still counts.
		if dimension.Name != "" && dimension.Value != "" && len(out.Dimensions) < maxDimensions {
			out.Dimensions = append(out.Dimensions, types.Dimension{
				Name: aws.String(dimension.Name), Value: aws.String(dimension.Value),
			})
		}
	}
	return out
}

// classify gives the service's codes their kinds.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html#API_PutMetricData_Errors
func classify(err error) error {
	var (
		value   *types.InvalidParameterValueException
		mix     *types.InvalidParameterCombinationException
		missing *types.MissingRequiredParameterException
		service *types.InternalServiceFault
	)
	switch {
	case errors.As(err, &value), errors.As(err, &mix), errors.As(err, &missing):
		return fault.NewTerminal(fault.CodeInvalidRequest, err)
	case errors.As(err, &service):
		return fault.NewRetryable(fault.CodeUnreachable, err)
	}
	return awsapi.Classify(err)
}
