// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Trust makes a role that may be assumed with that external id. While no role was made, every role may be assumed.
func (e *Endpoint) Trust(roleARN, externalID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.roles[roleARN] = externalID
}

func stsOperation(r *http.Request) string {
	if err := r.ParseForm(); err != nil {
		return ""
	}
	return r.PostForm.Get("Action")
}

func (e *Endpoint) sts(w http.ResponseWriter, r *http.Request) {
	switch stsOperation(r) {
	case "AssumeRole":
		e.assumeRole(w, r)
	case "GetCallerIdentity":
		writeXML(w, http.StatusOK, callerIdentity{
			ARN: fmt.Sprintf("arn:aws:iam::%s:user/emulator", e.options.Account), UserID: "AIDAEMULATOR",
			Account: e.options.Account, ID: requestID,
		})
	default:
		writeQueryError(w, r, http.StatusBadRequest, "InvalidAction", "Could not find operation "+stsOperation(r))
	}
}

type assumedRole struct {
	XMLName     xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ AssumeRoleResponse"`
	ARN         string   `xml:"AssumeRoleResult>AssumedRoleUser>Arn"`
	RoleID      string   `xml:"AssumeRoleResult>AssumedRoleUser>AssumedRoleId"`
	AccessKeyID string   `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
	Secret      string   `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
	Token       string   `xml:"AssumeRoleResult>Credentials>SessionToken"`
	Expiration  string   `xml:"AssumeRoleResult>Credentials>Expiration"`
	ID          string   `xml:"ResponseMetadata>RequestId"`
}

type callerIdentity struct {
	XMLName xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
	ARN     string   `xml:"GetCallerIdentityResult>Arn"`
	UserID  string   `xml:"GetCallerIdentityResult>UserId"`
	Account string   `xml:"GetCallerIdentityResult>Account"`
	ID      string   `xml:"ResponseMetadata>RequestId"`
}

// assumeRole answers AssumeRole. A wrong external id is denied in the same words as a role that does not exist.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func (e *Endpoint) assumeRole(w http.ResponseWriter, r *http.Request) {
	role, session := r.PostForm.Get("RoleArn"), r.PostForm.Get("RoleSessionName")
	account, name, ok := splitRole(role)
	if !ok || session == "" {
		writeQueryError(w, r, http.StatusBadRequest, "ValidationError", role+" is invalid, or there is no RoleSessionName")
		return
	}
	duration := time.Hour
	if text := r.PostForm.Get("DurationSeconds"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 900 || seconds > 43200 {
			writeQueryError(w, r, http.StatusBadRequest, "ValidationError", "DurationSeconds must be between 900 and 43200")
			return
		}
		duration = time.Duration(seconds) * time.Second
	}
	e.mu.Lock()
	want, trusted := e.roles[role]
	trusted = len(e.roles) == 0 || trusted && (want == "" || want == r.PostForm.Get("ExternalId"))
	e.issued++
	key := fmt.Sprintf("ASIAEMULATOR%08d", e.issued)
	if trusted {
		e.keys[key] = true
		e.principals[key] = role
	}
	e.mu.Unlock()
	if !trusted {
		writeQueryError(w, r, http.StatusForbidden, "AccessDenied",
			"User: arn:aws:iam::"+e.options.Account+":user/emulator is not authorized to perform: sts:AssumeRole on resource: "+role)
		return
	}
	writeXML(w, http.StatusOK, assumedRole{
		ARN:         fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", account, name, session),
		RoleID:      "AROAEMULATOR:" + session,
		AccessKeyID: key,
		Secret:      "secret-of-" + key,
		Token:       "token-of-" + key,
		Expiration:  e.options.Clock.Now().Add(duration).UTC().Format(time.RFC3339),
		ID:          requestID,
	})
}

// splitRole splits "arn:aws:iam::<account>:role/<path and name>".
func splitRole(arn string) (account, name string, ok bool) {
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) != 6 || fields[0] != "arn" || fields[2] != "iam" || !strings.HasPrefix(fields[5], "role/") {
		return "", "", false
	}
	path := strings.Split(fields[5], "/")
	return fields[4], path[len(path)-1], true
}
