// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/cloudwatch"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/secretsmanager"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/sns"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/sqs"
)

const (
	emulatedAccount = "000000000000"
	emulatedRegion  = "eu-central-1"
	emulatedProject = "conformance"
	emulatedTopic   = "arn:aws:sns:" + emulatedRegion + ":" + emulatedAccount + ":conformance"
	emulatedQueue   = "https://sqs." + emulatedRegion + ".amazonaws.com/" + emulatedAccount + "/conformance"
	emulatedOwner   = "acme"
	emulatedToken   = "ghp_conformance"
)

// emulatedBuildspec is of builds that last until they are stopped.
const emulatedBuildspec = "version: 0.2\nphases:\n  build:\n    commands:\n      - sleep 600\n"

// runEmulators serves GitHub's and AWS's protocols until it is interrupted, and prints how a program reaches them.
func runEmulators(args []string) error {
	flags := pflag.NewFlagSet("emulators", pflag.ContinueOnError)
	dir := flags.String("dir", "", "Directory for what the emulators keep. Default: a new one that is removed at the end.")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" {
		made, err := os.MkdirTemp("", "kiro-local-emulators-")
		if err != nil {
			return fmt.Errorf("making a directory: %w", err)
		}
		defer func() { _ = os.RemoveAll(made) }()
		*dir = made
	}
	for _, part := range []string{"builds", "github"} {
		if err := os.MkdirAll(filepath.Join(*dir, part), 0o700); err != nil {
			return fmt.Errorf("making a directory: %w", err)
		}
	}
	awsURL, builds, err := serveAWS(*dir)
	if err != nil {
		return err
	}
	defer builds.Close()
	forge, secretFile, err := serveGitHub(*dir)
	if err != nil {
		return err
	}
	for _, v := range [][2]string{
		{"AWS_ENDPOINT_URL", awsURL}, {"AWS_REGION", emulatedRegion}, {"AWS_ACCESS_KEY_ID", "AKIAEMULATOR"}, {"AWS_SECRET_ACCESS_KEY", "none"},
		{"CONFORMANCE_PROJECT", emulatedProject}, {"CONFORMANCE_TOPIC_ARN", emulatedTopic}, {"CONFORMANCE_QUEUE_URL", emulatedQueue},
		{"CONFORMANCE_GITHUB_API_URL", forge.APIURL()}, {"CONFORMANCE_GITHUB_OWNER", emulatedOwner},
		{"CONFORMANCE_GITHUB_TOKEN", emulatedToken}, {"CONFORMANCE_GITHUB_APP_SECRET_FILE", secretFile},
	} {
		fmt.Printf("export %s=%s\n", v[0], v[1])
	}
	fmt.Println()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
	return nil
}

func serveAWS(dir string) (url string, builds *codebuild.Server, err error) {
	builds, err = codebuild.New(codebuild.Options{DataDir: filepath.Join(dir, "builds"), Region: emulatedRegion, Account: emulatedAccount})
	if err != nil {
		return "", nil, fmt.Errorf("starting the emulated CodeBuild: %w", err)
	}
	topics, queues := sns.New(sns.Options{}), sqs.New(sqs.Options{})
	topics.CreateTopic(emulatedTopic)
	queues.CreateQueue(emulatedQueue)
	endpoint := aws.New(aws.Options{Account: emulatedAccount})
	endpoint.Handle(aws.DynamoDB, dynamodb.New(dynamodb.Options{Region: emulatedRegion, Account: emulatedAccount}), dynamodb.WriteError)
	endpoint.Handle(aws.CodeBuild, builds, nil)
	endpoint.Handle(aws.S3, s3.New(s3.Options{}), s3.WriteError)
	endpoint.Handle(aws.SecretsManager, secretsmanager.New(secretsmanager.Options{Region: emulatedRegion, Account: emulatedAccount}), nil)
	endpoint.Handle(aws.CloudWatch, cloudwatch.New(cloudwatch.Options{}), cloudwatch.WriteError)
	endpoint.Handle(aws.SNS, topics, sns.WriteError)
	endpoint.Handle(aws.SQS, queues, sqs.WriteError)
	url, err = serveLocally(endpoint)
	return url, builds, errors.Join(err, builds.PutProject(codebuild.Project{Name: emulatedProject, Buildspec: emulatedBuildspec, TimeoutMinutes: 10}))
}

// serveGitHub serves a GitHub with an organisation, a token and an installed App, whose secret is in a file.
func serveGitHub(dir string) (server *github.Server, secretFile string, err error) {
	if server, err = github.New(github.Options{Dir: filepath.Join(dir, "github")}); err != nil {
		return nil, "", fmt.Errorf("starting the emulated GitHub: %w", err)
	}
	url, err := serveLocally(server)
	if err != nil {
		return nil, "", err
	}
	server.SetURL(url)
	rights := github.AllRights()
	rights.Administration = github.Write // the tests make a repository
	server.AddToken(emulatedToken, "kiro-worker", rights)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, "", fmt.Errorf("making the App's key: %w", err)
	}
	const app, installation = 7, 70
	server.AddApp(github.App{ID: app, InstallationID: installation, Account: emulatedOwner, PublicKey: &key.PublicKey, Rights: github.AllRights()})
	secret, err := json.Marshal(map[string]any{
		"appID": app, "installationID": installation,
		"privateKey": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	})
	if err != nil {
		return nil, "", fmt.Errorf("writing the App's key: %w", err)
	}
	secretFile = filepath.Join(dir, "app.json")
	if err := os.WriteFile(secretFile, secret, 0o600); err != nil {
		return nil, "", fmt.Errorf("writing the App's key: %w", err)
	}
	return server, secretFile, nil
}

// serveLocally serves a handler on a free port of this machine alone.
func serveLocally(handler http.Handler) (url string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it returns at once
	if err != nil {
		return "", fmt.Errorf("listening: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}
