// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package logging makes the one logger that all programs of this project write with: JSON, one object a line, with
// the same keys and levels everywhere, so that one query finds a work item's way through all of them. It redacts nothing: the writer that it is given does.
package logging

import (
	"fmt"
	"io"
	"strings"
	"time"

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
	// KeyTrace is the id of an attempt's trace.
	KeyTrace = "traceID"
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

// The formats of a line.
const (
	// FormatJSON is for machines: one object a line.
	FormatJSON = "json"
	// FormatConsole is for people at a terminal: time, level and message, and the rest behind them.
	FormatConsole = "console"
)

// FormatFor is the format that is asked for; without one it is FormatConsole where a person watches and FormatJSON elsewhere.
func FormatFor(asked string, terminal bool) (string, error) {
	switch asked {
	case FormatJSON, FormatConsole:
		return asked, nil
	case "":
		if terminal {
			return FormatConsole, nil
		}
		return FormatJSON, nil
	}
	return "", fmt.Errorf("unknown log format %q: use %s or %s", asked, FormatJSON, FormatConsole)
}

// Sink is where lines go, and in which format.
type Sink struct {
	Writer io.Writer
	Format string
}

// New returns a logger that writes JSON to w, at the level debug, info, warn or error (empty is DefaultLevel). It locks: w need
// not be safe for concurrent use.
func New(w io.Writer, level string) (logr.Logger, error) {
	return NewTo(level, Sink{Writer: w, Format: FormatJSON})
}

// NewTo returns a logger that writes each line to every sink, in the sink's format.
func NewTo(level string, sinks ...Sink) (logr.Logger, error) {
	if level == "" {
		level = DefaultLevel
	}
	enabled, ok := levels[strings.ToLower(level)]
	if !ok {
		return logr.Discard(), fmt.Errorf("unknown log level %q: use debug, info, warn or error", level)
	}
	cores := make([]zapcore.Core, 0, len(sinks))
	for _, s := range sinks {
		cores = append(cores, zapcore.NewCore(encoderOf(s.Format), zapcore.Lock(zapcore.AddSync(s.Writer)), enabled))
	}
	return zapr.NewLoggerWithOptions(zap.New(zapcore.NewTee(cores...)), zapr.ErrorKey(KeyError)), nil
}

func encoderOf(format string) zapcore.Encoder {
	c := zapcore.EncoderConfig{
		TimeKey:        KeyTime,
		LevelKey:       KeyLevel,
		NameKey:        KeyLogger,
		MessageKey:     KeyMessage,
		LineEnding:     zapcore.DefaultLineEnding,
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeTime:     zapcore.RFC3339NanoTimeEncoder,
		EncodeDuration: zapcore.StringDurationEncoder,
	}
	if format == FormatConsole {
		c.EncodeTime, c.EncodeLevel, c.ConsoleSeparator = zapcore.TimeEncoderOfLayout(time.TimeOnly), zapcore.CapitalLevelEncoder, "  "
		return zapcore.NewConsoleEncoder(c)
	}
	return zapcore.NewJSONEncoder(c)
}
