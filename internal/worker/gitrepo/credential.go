// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// CredentialCommand is the worker's subcommand that git calls for credentials.
const CredentialCommand = "git-credential" //nolint:gosec // the name of a command, not a credential

// credentialFD is the descriptor on which git's helper finds them: first of those that a process inherits beside
// the three standard ones.
const credentialFD = 3

// maxCredential bounds what the helper reads, in bytes.
const maxCredential = 64 << 10

// credential is what the helper may answer, and for which server.
type credential struct {
	Protocol string `json:"protocol"`
	Host     string `json:"host"`
	Username string `json:"username"`
	Password string `json:"password"`
}

// credentialFile is a file without a name that holds the credentials, for git to inherit: they are in no argument, no
// address, no environment and no file that somebody else could open.
func credentialFile(dir string, c credential) (*os.File, error) {
	file, err := os.CreateTemp(dir, ".credential-*")
	if err != nil {
		return nil, fmt.Errorf("handing git its credentials: %w", err)
	}
	text, err := json.Marshal(c) //nolint:gosec // this is where the password is meant to go
	if err == nil {
		err = os.Remove(file.Name())
	}
	if err == nil {
		_, err = file.Write(text)
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("handing git its credentials: %w", err)
	}
	return file, nil
}

// shellWord makes one word of any text for the shell that git starts its helper with.
func shellWord(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// AnswerCredential is the helper's side, in a process that git started: it answers git's question on in, if it is about
// the server that the credentials are for. A redirect to another server gets nothing.
func AnswerCredential(action string, in io.Reader, out io.Writer) error {
	if action != "get" {
		return nil // nothing is stored, nothing is erased
	}
	file := os.NewFile(credentialFD, "credentials")
	if file == nil {
		return errors.New("no credentials were inherited: only the worker's own git may call this")
	}
	// Reading at an offset leaves the file's own one alone: git may ask several times.
	text, err := io.ReadAll(io.NewSectionReader(file, 0, maxCredential))
	if err != nil {
		return errors.New("no credentials were inherited: only the worker's own git may call this")
	}
	return answerCredential(text, in, out)
}

func answerCredential(text []byte, in io.Reader, out io.Writer) error {
	var c credential
	if err := json.Unmarshal(text, &c); err != nil {
		return errors.New("the inherited credentials cannot be read")
	}
	asked := map[string]string{}
	lines := bufio.NewScanner(io.LimitReader(in, maxCredential))
	for lines.Scan() {
		if key, value, ok := strings.Cut(lines.Text(), "="); ok {
			asked[key] = value
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading git's question: %w", err)
	}
	if asked["protocol"] != c.Protocol || asked["host"] != c.Host || strings.ContainsAny(c.Username+c.Password, "\r\n\x00") {
		return nil
	}
	_, err := fmt.Fprintf(out, "username=%s\npassword=%s\n", c.Username, c.Password)
	return err
}
