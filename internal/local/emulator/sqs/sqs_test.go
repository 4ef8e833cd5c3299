// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sqs_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/sqs"
)

// TestSample replays the sample request and answer of AWS's reference, but for the message's id.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html#API_SendMessage_Examples
func TestSample(t *testing.T) {
	e := sqs.New(sqs.Options{})
	e.CreateQueue("https://sqs.us-east-1.amazonaws.com/177715257436/MyQueue/")
	const request = `{
		"QueueUrl": "https://sqs.us-east-1.amazonaws.com/177715257436/MyQueue/",
		"MessageBody": "This is a test message",
		"MessageAttributes": {
			"my_attribute_name_1": {"StringValue": "my_attribute_value_1", "DataType": "String"},
			"my_attribute_name_2": {"StringValue": "my_attribute_value_2", "DataType": "String"}
		}
	}`
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(request))
	r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	var got map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || len(got["MessageId"]) != 36 {
		t.Fatalf("%d %s, %v", w.Code, w.Body, err)
	}
	delete(got, "MessageId")
	want := map[string]string{
		"MD5OfMessageBody":       "fafb00f5732ab283681e124bf8747ed1",
		"MD5OfMessageAttributes": "c48838208d2b4e14e3ca0093a8443f09",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
