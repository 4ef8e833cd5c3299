// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
)

// repositoryID is the repository's database id, asked past the tap: it is no request of a manager.
func (w *world) repositoryID() (int64, error) {
	q := httptest.NewRequestWithContext(context.Background(), http.MethodGet, w.github.APIURL()+"/repos/"+repository, http.NoBody)
	q.Header.Set("Authorization", "Bearer "+gitHubToken)
	answer := httptest.NewRecorder()
	w.github.ServeHTTP(answer, q)
	var repo struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &repo); err != nil || repo.ID == 0 {
		return 0, fmt.Errorf("reading the repository's id: status %d, %w", answer.Code, err)
	}
	return repo.ID, nil
}

// buildThatIsOver starts a build that is given nothing, and so ends at once, and returns its ARN.
func (w *world) buildThatIsOver(ctx context.Context) (arn string, err error) {
	clients := awsapi.New(awsapi.Options{
		AllowedEndpoints: []string{w.buildsURL}, Credentials: credentials.NewStaticCredentialsProvider(worldKeyID, "secret", ""),
	})
	api, err := clients.CodeBuild(ctx, awsapi.Target{Region: region, EndpointURL: w.buildsURL})
	if err != nil {
		return "", fmt.Errorf("making a client of CodeBuild: %w", err)
	}
	b, err := codebuild.New(api).Start(ctx, build.StartRequest{Project: projectName, Token: "left-behind"})
	if err != nil {
		return "", fmt.Errorf("starting a build: %w", err)
	}
	err = await(ctx, "a build that is given nothing", func() (bool, error) {
		seen, ok := w.builds.Build(b.Reference.Name())
		return ok && seen.Over() && seen.Gone, nil
	})
	return string(b.Reference), err
}
