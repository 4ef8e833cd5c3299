// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package logging makes the one logger that all programs of this project write with: JSON, one object a line, with
// the same keys and levels everywhere, so that one query finds a work item's way through all of them. It redacts nothing: the writer that it is given does.
package logging

import (
	"fmt"
	"io"
	"strings"

	"github.com/go-logr/logr"
	"github.com/go-logr/zapr"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// The keys of a line. Values that lines of several programs have in common are named here, or each program would
// spell them its own way.
const (
	KeyTime          = "time"
	KeyLevel         = "level"
	KeyMessage       = "message"
	KeyLogger        = "logger"
	KeyError         = "error"
	KeyCorrelationID = "correlationID"
	KeyWorkItem      = "workItem"
	KeyAttempt       = "attempt"
	KeyStage         = "stage"
	KeyReason        = "reason"
	KeyCondition     = "condition"
	KeyStatus        = "status"
	// KeyDetail is a text that explains the line; "message" is the line's own key.
	KeyDetail      = "detail"
	KeyEnvironment = "environment"
	KeyBranch      = "branch"
	KeyBuild       = "build"
)

// DefaultLevel is used where none is given.
const DefaultLevel = "info"

// levels are the names that a level may be given by. debug shows what is logged at V(1) too; warn and error hide
// what merely happened.
var levels = map[string]zapcore.Level{
	"debug": zapcore.DebugLevel,
	"info":  zapcore.InfoLevel,
	"warn":  zapcore.WarnLevel,
	"error": zapcore.ErrorLevel,
}

// New returns a logger that writes to w, at the level debug, info, warn or error (empty is DefaultLevel). It locks:
// w need not be safe for concurrent use.
func New(w io.Writer, level string) (logr.Logger, error) {
	if level == "" {
		level = DefaultLevel
	}
	enabled, ok := levels[strings.ToLower(level)]
	if !ok {
		return logr.Discard(), fmt.Errorf("unknown log level %q: use debug, info, warn or error", level)
	}
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey:        KeyTime,
		LevelKey:       KeyLevel,
		NameKey:        KeyLogger,
		MessageKey:     KeyMessage,
		LineEnding:     zapcore.DefaultLineEnding,
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeTime:     zapcore.RFC3339NanoTimeEncoder,
		EncodeDuration: zapcore.StringDurationEncoder,
	})
	core := zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), enabled)
	return zapr.NewLoggerWithOptions(zap.New(core), zapr.ErrorKey(KeyError)), nil
}
