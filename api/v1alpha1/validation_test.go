// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// refusal is one object that the API server must refuse.
type refusal struct {
	why     string
	kind    string
	changes []change
	field   string // the field that the message names
	message string // what else it says
}

func TestRefused(t *testing.T) {
	groups := map[string][]refusal{
		"Branch": refusedBranches(), "Path": refusedPaths(), "Duration": refusedDurations(),
		"Credentials": refusedCredentials(), "Other": refusedOthers(), "Hostile": refusedHostile(),
	}
	for group, cases := range groups {
		for _, tc := range cases {
			t.Run(group+"/"+tc.why, func(t *testing.T) {
				err := create(t, object(t, tc.kind, tc.changes...))
				if !apierrors.IsInvalid(err) {
					t.Fatalf("%s: got error %v, want it refused as invalid", tc.why, err)
				}
				for _, want := range []string{tc.field, tc.message} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%s: %q does not say %q", tc.why, err, want)
					}
				}
			})
		}
	}
}

func refusedBranches() []refusal {
	names := map[string]string{
		`"-x"`:             "git would take it for an option",
		`"a..b"`:           "two dots are a range",
		`"a b"`:            "no blanks",
		`"a~1"`:            "a tilde is an ancestor",
		`"a^"`:             "a caret is a parent",
		`"a:b"`:            "a colon is a refspec",
		`"a?"`:             "no wildcards",
		`"a*"`:             "no stars",
		`"a[b"`:            "no brackets",
		`"a\\b"`:           "no backslashes",
		`"a\tb"`:           "no control characters",
		`"/a"`:             "no empty first part",
		`"a/"`:             "no empty last part",
		`"a//b"`:           "no empty part",
		`".a"`:             "no hidden part",
		`"a/.b"`:           "no hidden part deeper down",
		`"a."`:             "no dot at the end",
		`"a.lock"`:         "git locks its refs by that name",
		`"a.lock/b"`:       "nor in a part",
		`"a@{b"`:           "that is the reflog",
		`"@"`:              "that is HEAD",
		`"HEAD"`:           "that is no branch",
		`"refs/heads/a"`:   "the name is without refs/heads/",
		`"a\u0000b"`:       "no NUL",
		`"` + long + `"`:   "longer than a file name can be",
		`""`:               "an empty name is none",
		`"refs/pull/1/me"`: "a pull request's ref cannot be pushed to",
	}
	cases := make([]refusal, 0, len(names))
	for name, why := range names {
		cases = append(cases, refusal{
			why: why, kind: "WorkItem", changes: []change{set(name, "spec", "branch")}, field: "spec.branch",
		})
	}
	return cases
}

var long = strings.Repeat("a", 245)

func refusedPaths() []refusal {
	var cases []refusal
	for path, why := range map[string]string{
		"../x": "out of the repository", "a/../../x": "out of it by a detour", "/etc": "absolute", "-x": "an option",
		"a//b": "an empty part", "a/./b": "a part that stays", "a/..": "a parent at the end",
	} {
		cases = append(cases,
			refusal{why: why + ", item", kind: "WorkItem", changes: []change{set(path, "spec", "specPath")}, field: "spec.specPath", message: "relative path"},
			refusal{why: why + ", source", kind: "WorkSource", changes: []change{set(path, "spec", "specPath")}, field: "spec.specPath", message: "relative path"})
	}
	for _, path := range []string{"../x", "/etc", "-x", "a/../b"} {
		cases = append(cases,
			refusal{why: path + " as test results", kind: "WorkEnvironment", changes: []change{set("["+path+"]", "spec", "gates", "testResults")}, field: "spec.gates.testResults", message: "relative path"},
			refusal{why: path + " as coverage reports", kind: "WorkEnvironment", changes: []change{set("["+path+"]", "spec", "gates", "coverageReports")}, field: "spec.gates.coverageReports", message: "relative path"},
			refusal{why: path + " as steering path", kind: "WorkEnvironment", changes: []change{set("{source: \"https://example.com/p.git\", path: \""+path+"\"}", "spec", "steering")}, field: "spec.steering.path", message: "relative path"})
	}
	return cases
}

func refusedDurations() []refusal {
	fields := []struct {
		kind      string
		path      []string
		low, high string // just outside
	}{
		{"WorkSource", []string{"spec", "interval"}, "14s", "25h"},
		{"WorkSource", []string{"spec", "pollTimeout"}, "999ms", "16m"},
		{"WorkEnvironment", []string{"spec", "lock", "leaseDuration"}, "4m59s", "49h"},
		{"WorkEnvironment", []string{"spec", "codeBuild", "timeout"}, "4m", "37h"},
		{"WorkEnvironment", []string{"spec", "codeBuild", "queuedTimeout"}, "4m", "9h"},
		{"WorkEnvironment", []string{"spec", "gates", "testTimeout"}, "9s", "9h"},
		{"WorkEnvironment", []string{"spec", "agent", "taskTimeout"}, "9s", "9h"},
		{"WorkEnvironment", []string{"spec", "agent", "silenceTimeout"}, "9s", "9h"},
		{"WorkEnvironment", []string{"spec", "retention", "succeeded"}, "59s", "8761h"},
		{"WorkEnvironment", []string{"spec", "retention", "failed"}, "59s", "8761h"},
		{"WorkEnvironment", []string{"spec", "retention", "madeByHand"}, "59s", "8761h"},
		{"WorkEnvironment", []string{"spec", "retry", "work", "base"}, "99ms", "2h"},
		{"WorkEnvironment", []string{"spec", "retry", "infrastructure", "cap"}, "99ms", "25h"},
		{"WorkItem", []string{"spec", "timeout"}, "4m", "37h"},
	}
	var cases []refusal
	for _, f := range fields {
		for _, value := range []string{"0s", "-5m", f.low, f.high, "soon", "5"} {
			cases = append(cases, refusal{
				why: strings.Join(f.path, ".") + " " + value, kind: f.kind,
				changes: []change{set(`"`+value+`"`, f.path...)}, field: strings.Join(f.path, "."),
			})
		}
	}
	for _, f := range []string{"base", "cap"} {
		cases = append(cases, refusal{
			why: "a wait beyond the two minutes of a start never comes: " + f, kind: "WorkEnvironment",
			changes: []change{set(`"3m"`, "spec", "retry", "startBuild", f)}, field: "spec.retry.startBuild", message: "at most 2m",
		})
	}
	return cases
}

func refusedCredentials() []refusal {
	at := []string{"spec", "github", "credentials"}
	const arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:github-AbCdEf"
	return []refusal{
		{
			why: "two sources leave open which one is meant", kind: "WorkSource",
			changes: []change{set("{secretRef: {name: a}, secretsManagerARN: \""+arn+"\"}", at...)},
			field:   "spec.github.credentials", message: "exactly one of secretRef and secretsManagerARN",
		},
		{
			why: "no source can read nothing", kind: "WorkSource", changes: []change{set("{}", at...)},
			field: "spec.github.credentials", message: "exactly one of secretRef and secretsManagerARN",
		},
		{
			why: "another service's ARN", kind: "WorkSource",
			changes: []change{set("{secretsManagerARN: \"arn:aws:s3:::bucket\"}", at...)},
			field:   "spec.github.credentials.secretsManagerARN",
		},
		{
			why: "a token where an ARN belongs", kind: "WorkEnvironment",
			changes: []change{set("ghp_0123456789", "spec", "credentials", "githubTokenSecretARN")},
			field:   "spec.credentials.githubTokenSecretARN",
		},
	}
}

// refusedHostile are what somebody would write who may write objects and nothing else.
func refusedHostile() []refusal {
	const token = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:github-AbCdEf"
	credentials := func(agent string) change {
		return set("{githubTokenSecretARN: \""+token+"\", gitSecretARN: \"arn:aws:secretsmanager:eu-central-1:111122223333:secret:git-AbCdEf\", agentSecretARN: \""+agent+"\"}", "spec", "credentials")
	}
	const message = "another secret"
	return []refusal{
		{why: "the agent would be given GitHub's token", kind: "WorkEnvironment", changes: []change{credentials(token)}, field: "spec.credentials.agentSecretARN", message: message},
		{why: "or that of git", kind: "WorkEnvironment", changes: []change{credentials("arn:aws:secretsmanager:eu-central-1:111122223333:secret:git-AbCdEf")}, field: "spec.credentials.agentSecretARN", message: message},
		{why: "or the same secret by a part of its ARN", kind: "WorkEnvironment", changes: []change{credentials("arn:aws:secretsmanager:eu-central-1:111122223333:secret:github")}, field: "spec.credentials.agentSecretARN", message: message},
		{why: "a path with a line's end makes trailers in a commit", kind: "WorkItem", changes: []change{set("\"a\\nCo-authored-by: x\"", "spec", "specPath")}, field: "spec.specPath"},
		{why: "a source's as well", kind: "WorkSource", changes: []change{set("\"a\\rb\"", "spec", "specPath")}, field: "spec.specPath"},
		{why: "an escape colours a terminal", kind: "WorkItem", changes: []change{set("\"a\\e[31m\"", "spec", "specPath")}, field: "spec.specPath"},
		{why: "a protected path outside of the repository", kind: "WorkEnvironment", changes: []change{set("{protectedPaths: [{glob: ../x}]}", "spec", "gates")}, field: "spec.gates.protectedPaths"},
		{why: "an unknown way to protect", kind: "WorkEnvironment", changes: []change{set("{protectedPaths: [{glob: x, onChange: Ignore}]}", "spec", "gates")}, field: "spec.gates.protectedPaths"},
	}
}

func refusedOthers() []refusal {
	return []refusal{
		{why: "a template that is chosen must be there", kind: "WorkSource", changes: []change{set("{from: Template}", "spec", "branch")}, field: "spec.branch.template", message: "required when branch.from is Template"},
		{why: "an empty template is none", kind: "WorkSource", changes: []change{set("{from: Template, template: \"\"}", "spec", "branch")}, field: "spec.branch.template", message: "required when branch.from is Template"},
		{why: "a command that is chosen must be there", kind: "WorkEnvironment", changes: []change{set("{preset: command}", "spec", "agent")}, field: "spec.agent.command", message: "required when agent.preset is command"},
		{why: "a template that nobody reads", kind: "WorkEnvironment", changes: []change{set("{preset: command, command: [agent], prompt: {file: p.md}}", "spec", "agent")}, field: "spec.agent.prompt", message: "does nothing unless"},
		{why: "a template for an agent that takes none", kind: "WorkEnvironment", changes: []change{set("{preset: kiro-execute-task, prompt: {file: p.md}}", "spec", "agent")}, field: "spec.agent.prompt", message: "takes no prompt"},
		{why: "a template in two places", kind: "WorkEnvironment", changes: []change{set("{prompt: {file: p.md, configMapKeyRef: {name: a, key: b}}}", "spec", "agent")}, field: "spec.agent.prompt", message: "exactly one"},
		{why: "a template nowhere", kind: "WorkEnvironment", changes: []change{set("{prompt: {}}", "spec", "agent")}, field: "spec.agent.prompt", message: "exactly one"},
		{why: "a template that is out of the repository", kind: "WorkEnvironment", changes: []change{set("{prompt: {file: ../p.md}}", "spec", "agent")}, field: "spec.agent.prompt.file", message: "relative path"},
		{why: "a template of which the path is a pattern: as a protected path it would be others too", kind: "WorkEnvironment", changes: []change{set("{prompt: {file: \"p*.md\"}}", "spec", "agent")}, field: "spec.agent.prompt.file"},
		{why: "an agent without sessions cannot resume one", kind: "WorkEnvironment", changes: []change{set("{preset: command, command: [agent], resume: Tasks}", "spec", "agent")}, field: "spec.agent.resume", message: "no session"},
		{why: "a repository has a say or none", kind: "WorkEnvironment", changes: []change{set("Sometimes", "spec", "repositoryFile")}, field: "spec.repositoryFile"},
		{why: "an unknown agent", kind: "WorkEnvironment", changes: []change{set("{preset: magic}", "spec", "agent")}, field: "spec.agent.preset"},
		{why: "an unknown tier", kind: "WorkEnvironment", changes: []change{set("dev", "spec", "tier")}, field: "spec.tier"},
		{why: "no slot at all", kind: "WorkEnvironment", changes: []change{set("0", "spec", "concurrency")}, field: "spec.concurrency"},
		{why: "more slots than the table has keys for", kind: "WorkEnvironment", changes: []change{set("51", "spec", "concurrency")}, field: "spec.concurrency"},
		{why: "a coverage that cannot be reached", kind: "WorkEnvironment", changes: []change{set("101", "spec", "gates", "coverageThreshold")}, field: "spec.gates.coverageThreshold"},
		{why: "a secret variable that would change which programs run", kind: "WorkEnvironment", changes: []change{set("[{name: PATH, secretARN: \"arn:aws:secretsmanager:eu-central-1:111122223333:secret:npm-abc\"}]", "spec", "gates", "secretEnv")}, field: "spec.gates.secretEnv", message: "which programs run"},
		{why: "a secret variable of git's", kind: "WorkEnvironment", changes: []change{set("[{name: GIT_SSH_COMMAND, secretARN: \"arn:aws:secretsmanager:eu-central-1:111122223333:secret:npm-abc\"}]", "spec", "gates", "secretEnv")}, field: "spec.gates.secretEnv", message: "GIT_"},
		{why: "a secret's value in place of its ARN", kind: "WorkEnvironment", changes: []change{set("[{name: NPM_TOKEN, secretARN: npm_abcdef}]", "spec", "gates", "secretEnv")}, field: "spec.gates.secretEnv"},
		{why: "the tests would be given GitHub's token", kind: "WorkEnvironment", changes: []change{
			set("\"arn:aws:secretsmanager:eu-central-1:111122223333:secret:github-abc\"", "spec", "credentials", "githubTokenSecretARN"),
			set("[{name: NPM_TOKEN, secretARN: \"arn:aws:secretsmanager:eu-central-1:111122223333:secret:github-abc\"}]", "spec", "gates", "secretEnv"),
		}, field: "spec.gates.secretEnv", message: "other secrets"},
		{why: "the tests would be given GitHub's token, by a part of its ARN", kind: "WorkEnvironment", changes: []change{
			set("\"arn:aws:secretsmanager:eu-central-1:111122223333:secret:github-AbCdEf\"", "spec", "credentials", "githubTokenSecretARN"),
			set("[{name: NPM_TOKEN, secretARN: \"arn:aws:secretsmanager:eu-central-1:111122223333:secret:github\"}]", "spec", "gates", "secretEnv"),
		}, field: "spec.gates.secretEnv", message: "other secrets"},
		{why: "or the agent's key", kind: "WorkEnvironment", changes: []change{
			set("\"arn:aws:secretsmanager:eu-central-1:111122223333:secret:kiro-AbCdEf\"", "spec", "credentials", "agentSecretARN"),
			set("[{name: NPM_TOKEN, secretARN: \"arn:aws:secretsmanager:eu-central-1:111122223333:secret:kiro-AbCdEf\"}]", "spec", "gates", "secretEnv"),
		}, field: "spec.gates.secretEnv", message: "other secrets"},
		{why: "more than all of the changed lines", kind: "WorkEnvironment", changes: []change{set("101", "spec", "gates", "changedLines")}, field: "spec.gates.changedLines"},
		{why: "an agent without any time", kind: "WorkEnvironment", changes: []change{set("1s", "spec", "agent", "totalTimeout")}, field: "spec.agent.totalTimeout", message: "1m to 36h"},
		{why: "a variable that CodeBuild reserves", kind: "WorkEnvironment", changes: []change{set("[{name: CODEBUILD_X, value: a}]", "spec", "codeBuild", "env")}, field: "spec.codeBuild.env", message: "CODEBUILD_"},
		{why: "a variable that would change the build's account", kind: "WorkEnvironment", changes: []change{set("[{name: AWS_REGION, value: a}]", "spec", "codeBuild", "env")}, field: "spec.codeBuild.env", message: "AWS_"},
		{why: "a variable of the worker's own", kind: "WorkEnvironment", changes: []change{set("[{name: KIRO_WORKER_FENCE, value: \"1\"}]", "spec", "codeBuild", "env")}, field: "spec.codeBuild.env", message: "KIRO_WORKER_"},
		{why: "a region that is none", kind: "WorkEnvironment", changes: []change{set("Frankfurt", "spec", "aws", "region")}, field: "spec.aws.region"},
		{why: "a role that is none", kind: "WorkEnvironment", changes: []change{set("admin", "spec", "aws", "roleARN")}, field: "spec.aws.roleARN"},
		{why: "an endpoint that is no web address", kind: "WorkEnvironment", changes: []change{set("\"file:///etc/passwd\"", "spec", "aws", "endpointURL")}, field: "spec.aws.endpointURL"},
		{why: "a steering source with a token in it", kind: "WorkEnvironment", changes: []change{set("{source: \"https://user:token@example.com/p.git\"}", "spec", "steering")}, field: "spec.steering.source", message: "credentials"},
		{why: "a steering source that is signed", kind: "WorkEnvironment", changes: []change{set("{source: \"https://example.com/p.zip?token=x\"}", "spec", "steering")}, field: "spec.steering.source", message: "no query"},
		{why: "a steering source with a token for a user", kind: "WorkEnvironment", changes: []change{set("{source: \"https://token@example.com\"}", "spec", "steering")}, field: "spec.steering.source", message: "credentials"},
		{why: "a steering source that anybody on the way could change", kind: "WorkEnvironment", changes: []change{set("{source: \"http://example.com/p.git\"}", "spec", "steering")}, field: "spec.steering.source", message: "https URL"},
		{why: "a steering source over another protocol", kind: "WorkEnvironment", changes: []change{set("{source: \"ftp://example.com/p.zip\"}", "spec", "steering")}, field: "spec.steering.source", message: "https URL"},
		{why: "an inclusion that needs more than a word", kind: "WorkEnvironment", changes: []change{set("{source: \"https://example.com/p.git\", inclusion: fileMatch}", "spec", "steering")}, field: "spec.steering.inclusion"},
		{why: "a steering ref that is an option", kind: "WorkEnvironment", changes: []change{set("{source: \"https://example.com/p.git\", ref: \"--upload-pack=x\"}", "spec", "steering")}, field: "spec.steering.ref"},
		{why: "an API that is no web address", kind: "WorkSource", changes: []change{set("\"ssh://host\"", "spec", "github", "apiURL")}, field: "spec.github.apiURL"},
		{why: "a board without a number", kind: "WorkSource", changes: []change{set("0", "spec", "github", "projectNumber")}, field: "spec.github.projectNumber"},
		{why: "an owner with a slash", kind: "WorkSource", changes: []change{set("a/b", "spec", "github", "owner")}, field: "spec.github.owner"},
		{why: "a repository without an owner", kind: "WorkSource", changes: []change{set("[shop]", "spec", "github", "repositories")}, field: "spec.github.repositories"},
		{why: "an item's repository without an owner", kind: "WorkItem", changes: []change{set("shop", "spec", "repository")}, field: "spec.repository"},
		{why: "a repository that climbs", kind: "WorkItem", changes: []change{set("acme/../x", "spec", "repository")}, field: "spec.repository"},
		{why: "a priority above all", kind: "WorkItem", changes: []change{set("1001", "spec", "priority")}, field: "spec.priority"},
		{why: "a pull request without a number", kind: "WorkItem", changes: []change{set("0", "spec", "pullRequest")}, field: "spec.pullRequest"},
		{why: "a card of an unknown board", kind: "WorkItem", changes: []change{set("{provider: jira, id: X-1}", "spec", "card")}, field: "spec.card.provider"},
		{why: "an item without an environment", kind: "WorkItem", changes: []change{set("", "spec", "environmentRef")}, field: "spec.environmentRef"},
	}
}

// TestTaken keeps the rules from refusing what people do use.
func TestTaken(t *testing.T) {
	cases := map[string]refusal{
		"smallest source":      {kind: "WorkSource"},
		"smallest environment": {kind: "WorkEnvironment"},
		"smallest item":        {kind: "WorkItem"},
		"a name with digits, dots and dashes": {kind: "WorkItem", changes: []change{
			set("feature/JIRA-12_v1.2-x", "spec", "branch"),
		}},
		"a name beyond ASCII": {kind: "WorkItem", changes: []change{set("größe/日本", "spec", "branch")}},
		"an at sign inside":   {kind: "WorkItem", changes: []change{set("user@host", "spec", "branch")}},
		"a hidden spec path":  {kind: "WorkItem", changes: []change{set(".kiro/specs/one", "spec", "specPath")}},
		"dots in a file name": {kind: "WorkItem", changes: []change{set("docs/a..b", "spec", "specPath")}},
		"a template":          {kind: "WorkSource", changes: []change{set("{from: Template, template: \"kiro/<number>-<slug>\"}", "spec", "branch")}},
		"the shortest interval": {kind: "WorkSource", changes: []change{
			set("15s", "spec", "interval"),
		}},
		"a server of one's own": {kind: "WorkEnvironment", changes: []change{
			set("\"http://127.0.0.1:4566\"", "spec", "aws", "endpointURL"),
		}},
		"a template of the repository's, and an agent that resumes": {kind: "WorkEnvironment", changes: []change{set("{preset: claude-code, resume: Tasks, prompt: {file: .kiro/prompts/task.md}}", "spec", "agent")}},
		"a template for a command":                                  {kind: "WorkEnvironment", changes: []change{set("{preset: command, command: [agent, \"{{.Prompt}}\"], prompt: {configMapKeyRef: {name: prompts, key: task.md}}}", "spec", "agent")}},
		"a stand-in agent": {kind: "WorkEnvironment", changes: []change{
			set("{preset: command, command: [agent, \"{{.TaskID}}\"]}", "spec", "agent"),
		}},
	}
	for why, tc := range cases {
		t.Run(why, func(t *testing.T) {
			if err := create(t, object(t, tc.kind, tc.changes...)); err != nil {
				t.Errorf("%s is refused: %v", why, err)
			}
		})
	}
}
