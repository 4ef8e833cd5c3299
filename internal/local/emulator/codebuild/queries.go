// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxBatch is the most names or ids in one request (guide, "Quotas": "Maximum number of builds you can request
	// information about at any one time").
	maxBatch = 100
	// pageSize is the most ids in one page (API, ListBuildsForProject: nextToken, "more than 100 items").
	pageSize = 100
)

// buildByName looks a build up by id ("project:uuid") or ARN.
func (s *Server) buildByName(name string) *build {
	return s.builds[strings.TrimPrefix(name, s.arn("build/"))]
}

func (s *Server) batchGetBuilds(in batchGetBuildsInput) (batchGetBuildsOutput, *apiError) {
	if len(in.IDs) == 0 || len(in.IDs) > maxBatch {
		return batchGetBuildsOutput{}, invalidInput("Invalid number of ids: %d; 1 to %d are allowed", len(in.IDs), maxBatch)
	}
	out := batchGetBuildsOutput{Builds: []wireBuild{}, BuildsNotFound: []string{}}
	for _, id := range in.IDs {
		if !strings.Contains(id, ":") {
			return batchGetBuildsOutput{}, invalidInput("Invalid build ID: %s", id)
		}
		if b := s.buildByName(id); b != nil {
			out.Builds = append(out.Builds, s.wireBuild(b))
		} else {
			out.BuildsNotFound = append(out.BuildsNotFound, id)
		}
	}
	return out, nil
}

// stopBuild answers with the build as it is then: STOPPED and complete at once, whatever its processes still do
// (CLI, stop-build). A build that is over already is answered as it is.
func (s *Server) stopBuild(in stopBuildInput) (buildOutput, *apiError) {
	if !strings.Contains(in.ID, ":") {
		return buildOutput{}, invalidInput("Invalid build ID: %s", in.ID)
	}
	b := s.buildByName(in.ID)
	if b == nil {
		return buildOutput{}, resourceNotFound("Build cannot be found: %s", in.ID)
	}
	s.end(b, statusStopped)
	return buildOutput{s.wireBuild(b)}, nil
}

// listBuildsForProject lists the newest first. API: "If the project has more than 100 builds, setting the sort order
// will result in an error."
func (s *Server) listBuildsForProject(in listBuildsForProjectInput) (listBuildsForProjectOutput, *apiError) {
	if s.projects[in.ProjectName] == nil {
		return listBuildsForProjectOutput{}, resourceNotFound("Project cannot be found: %s", s.arn("project/"+in.ProjectName))
	}
	var builds []*build
	for _, b := range s.order {
		if b.project.Name == in.ProjectName {
			builds = append(builds, b)
		}
	}
	switch in.SortOrder {
	case "", "DESCENDING":
		slices.Reverse(builds)
	case "ASCENDING":
	default:
		return listBuildsForProjectOutput{}, invalidInput("Invalid sort order: %s", in.SortOrder)
	}
	if in.SortOrder != "" && len(builds) > pageSize {
		return listBuildsForProjectOutput{}, invalidInput("A sort order cannot be set for a project with more than %d builds", pageSize)
	}
	if in.NextToken != "" {
		last, err := decodePage(in.NextToken)
		if err != nil {
			return listBuildsForProjectOutput{}, invalidInput("Invalid nextToken")
		}
		// A page begins where the last one ended, also if builds were started in between.
		builds = builds[slices.IndexFunc(append(builds, &build{}), func(b *build) bool { return b.number < last }):]
	}
	out := listBuildsForProjectOutput{IDs: []string{}}
	if len(builds) > pageSize {
		builds = builds[:pageSize]
		out.NextToken = base64.StdEncoding.EncodeToString([]byte(strconv.FormatInt(builds[pageSize-1].number, 10)))
	}
	for _, b := range builds {
		out.IDs = append(out.IDs, b.id)
	}
	return out, nil
}

func decodePage(text string) (int64, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(raw), 10, 64)
}

func (s *Server) batchGetProjects(in batchGetProjectsInput) (batchGetProjectsOutput, *apiError) {
	if len(in.Names) == 0 || len(in.Names) > maxBatch {
		return batchGetProjectsOutput{}, invalidInput("Invalid number of names: %d; 1 to %d are allowed", len(in.Names), maxBatch)
	}
	out := batchGetProjectsOutput{Projects: []wireProject{}, ProjectsNotFound: []string{}}
	for _, name := range in.Names {
		if p := s.projects[strings.TrimPrefix(name, s.arn("project/"))]; p != nil {
			out.Projects = append(out.Projects, s.wireProject(p))
		} else {
			out.ProjectsNotFound = append(out.ProjectsNotFound, name)
		}
	}
	return out, nil
}
