// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
)

// writeJSONError writes an error of the JSON protocols.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
func writeJSONError(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
	b, err := json.Marshal(map[string]string{"__type": code, "message": message})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

type queryError struct {
	XMLName xml.Name `xml:"ErrorResponse"`
	Type    string   `xml:"Error>Type"`
	Code    string   `xml:"Error>Code"`
	Message string   `xml:"Error>Message"`
	ID      string   `xml:"RequestId"`
}

// writeQueryError writes an error of the query protocol.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
func writeQueryError(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
	typ := "Sender"
	if status >= http.StatusInternalServerError {
		typ = "Receiver"
	}
	writeXML(w, status, queryError{Type: typ, Code: code, Message: message, ID: requestID})
}

type s3Error struct {
	XMLName xml.Name `xml:"Error"`
	Code    string   `xml:"Code"`
	Message string   `xml:"Message"`
}

// requestID is in every answer: nothing is found by it here.
const requestID = "00000000-0000-0000-0000-000000000000"

func writeXML(w http.ResponseWriter, status int, answer any) {
	b, err := xml.MarshalIndent(answer, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(append([]byte(xml.Header), b...))
}
