// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Project says what board to make.
type Project struct {
	Owner string
	// User makes the owner a user, if it does not exist yet; else it is an organization.
	User  bool
	Title string
	// StatusField is the single-select field's name, "Status" if empty, and StatusOptions its options.
	StatusField   string
	StatusOptions []string
	TextFields    []string
}

// Card is a card as a person sees it.
type Card struct {
	ID         string            `json:"id"`
	Type       string            `json:"type"` // ISSUE, PULL_REQUEST, DRAFT_ISSUE or REDACTED
	ContentID  string            `json:"contentID,omitempty"`
	Title      string            `json:"title"`
	Repository string            `json:"repository,omitempty"`
	Number     int               `json:"number,omitempty"`
	Status     string            `json:"status,omitempty"`
	Fields     map[string]string `json:"fields,omitempty"` // text fields
	Archived   bool              `json:"archived,omitempty"`
	// StatusUpdatedAt is when the status became what it is.
	StatusUpdatedAt time.Time `json:"statusUpdatedAt,omitzero"`
}

// CreateProject makes a board and returns its number and node id.
func (s *Server) CreateProject(p Project) (number int, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	board := s.createProject(s.ensureOwner(p.Owner, !p.User), p)
	return board.number, board.nodeID
}

func (s *Server) createProject(who *owner, p Project) *project {
	board := &project{owner: who, title: p.Title, createdAt: s.now(), updatedAt: s.now()}
	for _, other := range s.projects {
		if other.owner == board.owner {
			board.number = max(board.number, other.number)
		}
	}
	board.number++
	_, board.nodeID = s.newID("PVT", board)
	s.addField(board, "Title", dataTypeTitle)
	if p.StatusField == "" {
		p.StatusField = "Status"
	}
	s.setOptions(s.addField(board, p.StatusField, dataTypeSelect), p.StatusOptions)
	for _, name := range p.TextFields {
		s.addField(board, name, dataTypeText)
	}
	s.projects = append(s.projects, board)
	return board
}

func (s *Server) addField(board *project, name, dataType string) *projectField {
	field := &projectField{project: board, name: name, dataType: dataType, createdAt: s.now()}
	prefix := "PVTF"
	if dataType == dataTypeSelect {
		prefix = "PVTSSF"
	}
	_, field.nodeID = s.newID(prefix, field)
	board.fields = append(board.fields, field)
	return field
}

// RenameOption gives a single-select option another name. Its id stays, and so do the cards' values.
func (s *Server) RenameOption(projectID, oldName, newName string) error {
	return s.withProject(projectID, func(p *project) error {
		for _, field := range p.fields {
			for _, o := range field.options {
				if o.name == oldName {
					o.name = newName
					return nil
				}
			}
		}
		return fmt.Errorf("the board %q has no option %q", p.title, oldName)
	})
}

// AddCard puts an issue or a pull request, by its node id, at the end of a board.
func (s *Server) AddCard(projectID, contentID string) (cardID string, err error) {
	err = s.withProject(projectID, func(p *project) error {
		content := s.nodes[contentID]
		switch content.(type) {
		case *issue, *pullRequest:
		default:
			return fmt.Errorf("%q is neither an issue nor a pull request", contentID)
		}
		for _, c := range p.cards {
			if c.content == content {
				cardID = c.nodeID // at GitHub, too, adding twice is one card
				return nil
			}
		}
		cardID = s.addCard(p, content).nodeID
		return nil
	})
	return cardID, err
}

// AddDraft puts a draft, a note without an issue, at the end of a board.
func (s *Server) AddDraft(projectID, title, body string) (cardID string, err error) {
	err = s.withProject(projectID, func(p *project) error {
		draft := &draftIssue{title: title, body: body, createdAt: s.now(), updatedAt: s.now()}
		_, draft.nodeID = s.newID("DI", draft)
		cardID = s.addCard(p, draft).nodeID
		return nil
	})
	return cardID, err
}

func (s *Server) addCard(p *project, content any) *card {
	c := &card{project: p, content: content, createdAt: s.now(), updatedAt: s.now(), values: map[*projectField]*fieldValue{}}
	c.databaseID, c.nodeID = s.newID("PVTI", c)
	p.cards = append(p.cards, c)
	p.updatedAt = s.now()
	return c
}

// RedactCard hides a card's content from every token, as if it lay in a repository that they cannot see.
func (s *Server) RedactCard(cardID string) error {
	return s.withCard(cardID, func(c *card) error { c.redacted = true; return nil })
}

// ArchiveCard archives a card or takes it out of the archive.
func (s *Server) ArchiveCard(cardID string, archived bool) error {
	return s.withCard(cardID, func(c *card) error { c.archived, c.updatedAt = archived, s.now(); return nil })
}

// DeleteCard takes a card off its board.
func (s *Server) DeleteCard(cardID string) error {
	return s.withCard(cardID, func(c *card) error {
		c.project.cards = slices.DeleteFunc(c.project.cards, func(other *card) bool { return other == c })
		delete(s.nodes, cardID)
		return nil
	})
}

// MoveCard gives a card a status by its option's name; "" takes the status away.
func (s *Server) MoveCard(cardID, status string) error {
	return s.withCard(cardID, func(c *card) error {
		for _, field := range c.project.fields {
			if field.dataType != dataTypeSelect {
				continue
			}
			if status == "" {
				delete(c.values, field)
				c.updatedAt = s.now()
				return nil
			}
			for _, o := range field.options {
				if strings.EqualFold(o.name, status) {
					s.setValue(c, field, o.id, "")
					return nil
				}
			}
		}
		return fmt.Errorf("the board %q has no status %q", c.project.title, status)
	})
}

// SetTextField sets a text field of a card; "" takes the value away.
func (s *Server) SetTextField(cardID, fieldName, text string) error {
	return s.withCard(cardID, func(c *card) error {
		field := c.project.field(fieldName)
		if field == nil || field.dataType != dataTypeText {
			return fmt.Errorf("the board %q has no text field %q", c.project.title, fieldName)
		}
		if text == "" {
			delete(c.values, field)
			c.updatedAt = s.now()
			return nil
		}
		s.setValue(c, field, "", text)
		return nil
	})
}

// setValue moves a value's time only if the value changes: the time is when it became what it is
// (https://docs.github.com/en/graphql/reference/objects#projectv2itemfieldsingleselectvalue).
func (s *Server) setValue(c *card, field *projectField, optionID, text string) {
	value := c.values[field]
	if value == nil {
		value = &fieldValue{card: c, field: field, createdAt: s.now()}
		prefix := "PVTFTV"
		if field.dataType == dataTypeSelect {
			prefix = "PVTFSV"
		}
		_, value.nodeID = s.newID(prefix, value)
		c.values[field] = value
	} else if value.optionID == optionID && value.text == text {
		return
	}
	value.optionID, value.text, value.updatedAt = optionID, text, s.now()
	c.updatedAt = s.now()
}

// Cards are the cards of a board in their order.
func (s *Server) Cards(projectID string) ([]Card, error) {
	var out []Card
	err := s.withProject(projectID, func(p *project) error {
		for _, c := range p.cards {
			out = append(out, c.view())
		}
		return nil
	})
	return out, err
}

// Card is one card.
func (s *Server) Card(cardID string) (out Card, err error) {
	err = s.withCard(cardID, func(c *card) error { out = c.view(); return nil })
	return out, err
}

func (c *card) view() Card {
	out := Card{ID: c.nodeID, Type: c.kind(), Archived: c.archived, Fields: map[string]string{}}
	switch content := c.content.(type) {
	case *issue:
		out.ContentID, out.Title, out.Repository, out.Number = content.nodeID, content.title, content.repo.fullName(), content.number
	case *pullRequest:
		out.ContentID, out.Title, out.Repository, out.Number = content.nodeID, content.title, content.repo.fullName(), content.number
	case *draftIssue:
		out.ContentID, out.Title = content.nodeID, content.title
	}
	for field, value := range c.values {
		if o := field.option(value.optionID); o != nil {
			out.Status, out.StatusUpdatedAt = o.name, value.updatedAt
		} else if field.dataType == dataTypeText {
			out.Fields[field.name] = value.text
		}
	}
	return out
}

func (c *card) kind() string {
	if c.redacted {
		return "REDACTED"
	}
	switch c.content.(type) {
	case *issue:
		return "ISSUE"
	case *pullRequest:
		return "PULL_REQUEST"
	default:
		return "DRAFT_ISSUE"
	}
}

func (p *project) field(name string) *projectField {
	for _, field := range p.fields {
		if strings.EqualFold(field.name, name) {
			return field
		}
	}
	return nil
}

func (s *Server) withProject(id string, f func(*project) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.nodes[id].(*project)
	if !ok {
		return fmt.Errorf("there is no board %q", id)
	}
	return f(p)
}

func (s *Server) withCard(id string, f func(*card) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.nodes[id].(*card)
	if !ok {
		return fmt.Errorf("there is no card %q", id)
	}
	return f(c)
}
