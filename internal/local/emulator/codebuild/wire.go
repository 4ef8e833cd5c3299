// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"strconv"
	"time"
)

// epoch is a time as JSON 1.1 has it: seconds since 1970 as a number, here with milliseconds as in CLI.
type epoch time.Time

// MarshalJSON implements json.Marshaler.
func (e epoch) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(e).UnixMilli())/1000, 'f', 3, 64), nil
}

func epochOf(t time.Time) *epoch {
	if t.IsZero() {
		return nil
	}
	e := epoch(t)
	return &e
}

type startBuildInput struct {
	ProjectName                    string         `json:"projectName"`
	IdempotencyToken               string         `json:"idempotencyToken,omitempty"`
	SourceVersion                  string         `json:"sourceVersion,omitempty"`
	EnvironmentVariablesOverride   []wireVariable `json:"environmentVariablesOverride,omitempty"`
	TimeoutInMinutesOverride       *int           `json:"timeoutInMinutesOverride,omitempty"`
	QueuedTimeoutInMinutesOverride *int           `json:"queuedTimeoutInMinutesOverride,omitempty"`
	AutoRetryLimitOverride         *int           `json:"autoRetryLimitOverride,omitempty"`
}

type buildOutput struct {
	Build wireBuild `json:"build"`
}

type stopBuildInput struct {
	ID string `json:"id"`
}

type batchGetBuildsInput struct {
	IDs []string `json:"ids"`
}

type batchGetBuildsOutput struct {
	Builds         []wireBuild `json:"builds"`
	BuildsNotFound []string    `json:"buildsNotFound"`
}

type listBuildsForProjectInput struct {
	ProjectName string `json:"projectName"`
	SortOrder   string `json:"sortOrder,omitempty"`
	NextToken   string `json:"nextToken,omitempty"`
}

type listBuildsForProjectOutput struct {
	IDs       []string `json:"ids"`
	NextToken string   `json:"nextToken,omitempty"`
}

type batchGetProjectsInput struct {
	Names []string `json:"names"`
}

type batchGetProjectsOutput struct {
	Projects         []wireProject `json:"projects"`
	ProjectsNotFound []string      `json:"projectsNotFound"`
}

type wireVariable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Type  string `json:"type,omitempty"`
}

type wireEnvironment struct {
	Type                 string         `json:"type"`
	Image                string         `json:"image"`
	ComputeType          string         `json:"computeType"`
	PrivilegedMode       bool           `json:"privilegedMode"`
	EnvironmentVariables []wireVariable `json:"environmentVariables"`
}

type wireSource struct {
	Type        string `json:"type"`
	Buildspec   string `json:"buildspec,omitempty"`
	InsecureSSL bool   `json:"insecureSsl"`
}

type wireArtifacts struct {
	Type     string  `json:"type,omitempty"`
	Location *string `json:"location,omitempty"`
}

type wireCache struct {
	Type string `json:"type"`
}

type wireContext struct {
	StatusCode string `json:"statusCode"`
	Message    string `json:"message"`
}

type wirePhase struct {
	PhaseType         string        `json:"phaseType"`
	PhaseStatus       string        `json:"phaseStatus,omitempty"`
	StartTime         *epoch        `json:"startTime,omitempty"`
	EndTime           *epoch        `json:"endTime,omitempty"`
	DurationInSeconds *int64        `json:"durationInSeconds,omitempty"`
	Contexts          []wireContext `json:"contexts,omitempty"`
}

type wireLogStatus struct {
	Status string `json:"status"`
}

type wireLogs struct {
	GroupName      string        `json:"groupName,omitempty"`
	StreamName     string        `json:"streamName,omitempty"`
	DeepLink       string        `json:"deepLink"`
	CloudWatchLogs wireLogStatus `json:"cloudWatchLogs"`
	S3Logs         wireLogStatus `json:"s3Logs"`
}

type wireAutoRetry struct {
	AutoRetryLimit    int    `json:"autoRetryLimit"`
	AutoRetryNumber   int    `json:"autoRetryNumber"`
	NextAutoRetry     string `json:"nextAutoRetry,omitempty"`
	PreviousAutoRetry string `json:"previousAutoRetry,omitempty"`
}

type wireBuild struct {
	ID                     string          `json:"id"`
	ARN                    string          `json:"arn"`
	BuildNumber            int64           `json:"buildNumber"`
	StartTime              *epoch          `json:"startTime,omitempty"`
	EndTime                *epoch          `json:"endTime,omitempty"`
	CurrentPhase           string          `json:"currentPhase"`
	BuildStatus            string          `json:"buildStatus"`
	BuildComplete          bool            `json:"buildComplete"`
	SourceVersion          string          `json:"sourceVersion,omitempty"`
	ResolvedSourceVersion  string          `json:"resolvedSourceVersion,omitempty"`
	ProjectName            string          `json:"projectName"`
	Phases                 []wirePhase     `json:"phases"`
	Source                 wireSource      `json:"source"`
	Artifacts              wireArtifacts   `json:"artifacts"`
	Cache                  wireCache       `json:"cache"`
	Environment            wireEnvironment `json:"environment"`
	ServiceRole            string          `json:"serviceRole"`
	Logs                   wireLogs        `json:"logs"`
	TimeoutInMinutes       int             `json:"timeoutInMinutes"`
	QueuedTimeoutInMinutes int             `json:"queuedTimeoutInMinutes"`
	Initiator              string          `json:"initiator"`
	EncryptionKey          string          `json:"encryptionKey"`
	AutoRetryConfig        wireAutoRetry   `json:"autoRetryConfig"`
}

type wireProject struct {
	Name                   string          `json:"name"`
	ARN                    string          `json:"arn"`
	Created                *epoch          `json:"created,omitempty"`
	LastModified           *epoch          `json:"lastModified,omitempty"`
	Source                 wireSource      `json:"source"`
	Artifacts              wireArtifacts   `json:"artifacts"`
	Cache                  wireCache       `json:"cache"`
	Environment            wireEnvironment `json:"environment"`
	ServiceRole            string          `json:"serviceRole"`
	TimeoutInMinutes       int             `json:"timeoutInMinutes"`
	QueuedTimeoutInMinutes int             `json:"queuedTimeoutInMinutes"`
	EncryptionKey          string          `json:"encryptionKey"`
	AutoRetryLimit         int             `json:"autoRetryLimit,omitempty"`
	ConcurrentBuildLimit   *int            `json:"concurrentBuildLimit,omitempty"`
}
