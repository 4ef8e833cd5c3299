// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// addCard puts a card on the board of a demo that runs.
func addCard(args []string) error {
	var dir string
	var card demo.NewCard
	flags := pflag.NewFlagSet("card add", pflag.ContinueOnError)
	flags.StringVar(&dir, "dir", defaultDir, "Directory of the demo.")
	flags.StringVar(&card.Title, "title", "", "Title of the card. Its branch is made from it.")
	flags.StringVar(&card.Spec, "spec", "", "Name of one of the demo's specs, or a directory with requirements.md, design.md and tasks.md.")
	flags.StringVar(&card.Column, "column", demo.ReadyColumn, "Column to put it in.")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if card.Title == "" || card.Spec == "" {
		return errors.New("a card needs --title and --spec")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	added, err := demo.AddCard(ctx, dir, card)
	if err != nil {
		return err
	}
	fmt.Printf("Card %s, for branch %s, is in column %q.\n", added.ID, added.Branch, card.Column)
	return nil
}
