// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
)

// spec is what the card's branch is to hold.
var spec = map[string]string{
	".kiro/specs/" + branch + "/requirements.md": "# Requirements\n",
	".kiro/specs/" + branch + "/design.md":       "# Design\n",
	".kiro/specs/" + branch + "/tasks.md":        "- [ ] 1. Do it\n",
}

// createObjects makes the namespace, what an administrator puts into it, and the board with its card.
func (w *world) createObjects(ctx context.Context) error {
	number, err := w.createBoard()
	if err != nil {
		return err
	}
	tokenARN := w.secrets.Put(tokenSecret, gitHubToken)
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: w.namespace, Name: name} }
	at := func(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }
	soon := &v1alpha1.Retry{Base: at(100 * time.Millisecond), Cap: at(time.Second)}
	objects := []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}},
		&corev1.Secret{ObjectMeta: meta("github"), StringData: map[string]string{"token": gitHubToken}},
		&v1alpha1.WorkEnvironment{ObjectMeta: meta("env"), Spec: v1alpha1.WorkEnvironmentSpec{
			Tier:        v1alpha1.TierTest,
			AWS:         v1alpha1.AWSAccess{Region: region, RoleARN: roleARN, EndpointURL: w.awsURL},
			Lock:        v1alpha1.LockTable{TableName: tableName, LeaseDuration: at(5 * time.Minute)},
			CodeBuild:   v1alpha1.CodeBuildProject{ProjectName: projectName, Timeout: at(5 * time.Minute)},
			Concurrency: ptr.To[int32](1),
			Credentials: v1alpha1.BuildCredentials{GitHubTokenSecretARN: tokenARN},
			Gates:       w.work.gates(), Agent: w.work.agent(),
			Artifacts: v1alpha1.Artifacts{Bucket: bucket},
			Retry:     v1alpha1.RetryPolicies{Infrastructure: soon, StartBuild: soon},
			Notifications: []v1alpha1.NotificationRule{{
				Name: "team", Type: v1alpha1.NotificationSNS, TopicARN: topicARN, On: []string{"Succeeded", "Failed", "Cancelled"},
			}},
		}},
		&v1alpha1.WorkSource{ObjectMeta: meta("board"), Spec: v1alpha1.WorkSourceSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: "env"},
			Interval:       at(15 * time.Second),
			GitHub: v1alpha1.GitHubSource{
				Owner: owner, ProjectNumber: number, APIURL: w.github.APIURL(),
				Credentials: v1alpha1.Credentials{SecretRef: &v1alpha1.SecretReference{Name: "github"}},
			},
			Branch:    v1alpha1.BranchRule{From: v1alpha1.BranchFromProjectField, Field: "Branch"},
			WriteBack: &v1alpha1.WriteBack{Started: columnProgress, Succeeded: columnDone, Failed: columnFailed},
		}},
	}
	for _, o := range objects {
		if err := w.client.Create(ctx, o); err != nil {
			return fmt.Errorf("creating %T: %w", o, err)
		}
	}
	return nil
}

// createBoard makes a board with one card that is ready.
func (w *world) createBoard() (number int32, err error) {
	n, _ := w.github.CreateProject(github.Project{
		Owner: owner, Title: "Board", TextFields: []string{"Branch"},
		StatusOptions: []string{columnReady, columnProgress, columnDone, columnFailed},
	})
	card, err := w.github.PutCard(github.NewCard{
		Repository: repository, Title: "X", Body: "See the spec.", Status: columnReady,
		Branch: branch, Files: w.work.files(), PullRequest: true, Issue: true, Fields: map[string]string{"Branch": branch},
	})
	if err != nil {
		return 0, fmt.Errorf("putting the card on the board: %w", err)
	}
	w.cardID = card.ID
	w.pull = 1 // the first thing in a new repository that has a number
	return int32(n), nil
}

// newTable is the lock table as somebody with an access key sees it.
func newTable(ctx context.Context, url, accessKeyID string) (lock.Table, error) {
	clients := awsapi.New(awsapi.Options{
		AllowedEndpoints: []string{url}, Credentials: credentials.NewStaticCredentialsProvider(accessKeyID, "secret", ""),
	})
	api, err := clients.DynamoDB(ctx, awsapi.Target{Region: region, EndpointURL: url})
	if err != nil {
		return nil, fmt.Errorf("making a client of the lock table: %w", err)
	}
	return dynamodb.New(api, tableName), nil
}
