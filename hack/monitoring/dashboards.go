// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

// The pages. test/e2e asks a real Prometheus, which scraped a real run, each of their queries: none may find nothing.

// here narrows a metric down to what is chosen at the top of the page.
const here = `namespace=~"$namespace", environment=~"$environment"`

var places = []variable{
	{"namespace", "Namespace", `label_values(kiro_worker_workenvironment_ready, namespace)`},
	{"environment", "Environment", `label_values(kiro_worker_workenvironment_ready{namespace=~"$namespace"}, environment)`},
}

func dashboards() []dashboard {
	return []dashboard{overview(), environment(), analytics(), stages()}
}

// quantiles are the median and the 95th percentile of a histogram.
func quantiles(metric, labels string) []query {
	return []query{
		{`histogram_quantile(0.5, sum by (le) (increase(` + metric + `_bucket{` + labels + `}[$__range])))`, "p50"},
		{`histogram_quantile(0.95, sum by (le) (increase(` + metric + `_bucket{` + labels + `}[$__range])))`, "p95"},
	}
}

func overview() dashboard {
	return dashboard{
		name: "overview", title: "Overview", text: "Is it working, where not, since when.",
		rows: []row{
			{"Now", []panel{
				{"Leaders", "1 is right.", stat, "short", []query{{`sum(kiro_worker_manager_leader)`, "leaders"}}},
				{"Environments ready", "", stat, "short", []query{{`sum(kiro_worker_workenvironment_ready)`, "ready"}, {`count(kiro_worker_workenvironment_ready)`, "of"}}},
				{"Sources ready", "", stat, "short", []query{{`sum(kiro_worker_worksource_ready)`, "ready"}, {`count(kiro_worker_worksource_ready)`, "of"}}},
				{"Slots in use", "", stat, "short", []query{{`sum(kiro_worker_workenvironment_slots_in_use)`, "in use"}, {`sum(kiro_worker_workenvironment_slots)`, "of"}}},
				{"Waiting", "Items that wait for a slot.", stat, "short", []query{{`sum(kiro_worker_workenvironment_queue_length)`, "items"}}},
				{"Overdue", "Items that wait longer than they should.", stat, "short", []query{{`sum(kiro_worker_workitem_overdue)`, "items"}}},
			}},
			{"Work", []panel{
				{"Items by phase", "", timeseries, "short", []query{{`sum by (phase) (kiro_worker_workitem_items)`, "{{phase}}"}}},
				{"Attempts that ended, by whose failure", "", timeseries, "short", []query{{`sum by (class) (increase(kiro_worker_workitem_attempts_total[$__rate_interval]))`, "{{class}}"}}},
				{"Slots in use, by environment", "", timeseries, "short", []query{{`kiro_worker_workenvironment_slots_in_use`, "{{namespace}}/{{environment}}"}}},
			}},
			{"Boards", []panel{
				{"Time since the last complete poll", "", timeseries, "s", []query{{`time() - kiro_worker_worksource_last_complete_poll_timestamp_seconds`, "{{namespace}}/{{source}}"}}},
				{"Polls by result", "", timeseries, "short", []query{{`sum by (result) (increase(kiro_worker_worksource_polls_total[$__rate_interval]))`, "{{result}}"}}},
				{"GitHub's budget that is left", "", timeseries, "percentunit", []query{{`kiro_worker_github_rate_limit_remaining / (kiro_worker_github_rate_limit > 0)`, "{{resource}} {{credentials}}"}}},
			}},
			{"Calls", []panel{
				{"Calls of AWS by service", "", timeseries, "reqps", []query{{`sum by (service) (rate(kiro_worker_aws_requests_total[$__rate_interval]))`, "{{service}}"}}},
				{"Refused or failed calls", "By service and code; those of GitHub by HTTP status.", timeseries, "reqps", []query{
					{`sum by (service, code) (rate(kiro_worker_aws_requests_total{code!="ok"}[$__rate_interval])) or vector(0)`, "{{service}} {{code}}"},
					{`sum by (code) (rate(kiro_worker_github_requests_total{code!~"2.."}[$__rate_interval])) or vector(0)`, "GitHub {{code}}"},
				}},
				{"Latency of AWS, p95", "", timeseries, "s", []query{{`histogram_quantile(0.95, sum by (service, le) (rate(kiro_worker_aws_request_seconds_bucket[$__rate_interval])))`, "{{service}}"}}},
				{"DynamoDB's capacity", "Units that this manager consumed.", timeseries, "short", []query{{`sum by (operation) (rate(kiro_worker_aws_dynamodb_capacity_units_total[$__rate_interval]))`, "{{operation}}"}}},
			}},
			{"The manager", []panel{
				{"Reconciles that failed", "", timeseries, "reqps", []query{{`sum by (controller) (rate(controller_runtime_reconcile_errors_total[$__rate_interval]))`, "{{controller}}"}}},
				{"Reconciles", "", timeseries, "reqps", []query{{`sum by (controller) (rate(controller_runtime_reconcile_total[$__rate_interval]))`, "{{controller}}"}}},
				{"Memory", "", timeseries, "bytes", []query{{`process_resident_memory_bytes and on (instance) kiro_worker_build_info`, "{{instance}}"}}},
			}},
		},
	}
}

func environment() dashboard {
	return dashboard{
		name: "environment", title: "Environment", text: "One environment: its slots, queue, locks and outcomes.", variables: places,
		rows: []row{
			{"Now", []panel{
				{"Ready", "", stat, "short", []query{{`min(kiro_worker_workenvironment_ready{` + here + `})`, "ready"}}},
				{"Credentials", "", stat, "short", []query{{`min(kiro_worker_workenvironment_credentials_valid{` + here + `})`, "valid"}}},
				{"Slots in use", "", stat, "short", []query{{`sum(kiro_worker_workenvironment_slots_in_use{` + here + `})`, "in use"}, {`sum(kiro_worker_workenvironment_slots{` + here + `})`, "of"}}},
				{"Waiting", "", stat, "short", []query{{`sum(kiro_worker_workenvironment_queue_length{` + here + `})`, "items"}}},
				{"Longest wait", "0 while nothing waits.", stat, "s", []query{{`max(time() - kiro_worker_workenvironment_oldest_queued_timestamp_seconds{` + here + `}) or vector(0)`, "wait"}}},
				{"Longest build", "0 while nothing runs.", stat, "s", []query{{`max(time() - kiro_worker_workitem_oldest_attempt_timestamp_seconds{` + here + `}) or vector(0)`, "build"}}},
			}},
			{"Slots and queue", []panel{
				{"Slots", "Held by nobody: the lease has ended, and nobody released it.", timeseries, "short", []query{{`sum(kiro_worker_workenvironment_slots{` + here + `})`, "slots"}, {`sum(kiro_worker_workenvironment_slots_in_use{` + here + `})`, "in use"}, {`sum(kiro_worker_workenvironment_slots_held_by_nobody{` + here + `})`, "held by nobody"}}},
				{"Queue", "", timeseries, "short", []query{{`sum(kiro_worker_workenvironment_queue_length{` + here + `})`, "waiting"}}},
				{"Items by phase", "", timeseries, "short", []query{{`sum by (phase) (kiro_worker_workitem_items{` + here + `})`, "{{phase}}"}}},
			}},
			{"How long it takes", []panel{
				{"Time in the queue", "", stat, "s", quantiles("kiro_worker_workitem_queue_seconds", here)},
				{"From trigger to start", "", stat, "s", quantiles("kiro_worker_workitem_lead_seconds", here)},
				{"An attempt", "", stat, "s", quantiles("kiro_worker_workitem_attempt_seconds", here)},
				{"From trigger to end", "", stat, "s", quantiles("kiro_worker_workitem_end_to_end_seconds", here)},
			}},
			{"What came of it", []panel{
				{"Attempts by outcome", "", timeseries, "short", []query{{`sum by (outcome) (increase(kiro_worker_workitem_attempts_total{` + here + `}[$__rate_interval])) > 0 or sum(increase(kiro_worker_workitem_attempts_total{` + here + `}[$__rate_interval]))`, "{{outcome}}"}}},
				{"Share of attempts that fail", "", timeseries, "percentunit", []query{{`sum(increase(kiro_worker_workitem_attempts_total{class!="none", ` + here + `}[$__range])) / sum(increase(kiro_worker_workitem_attempts_total{outcome!="Abandoned", ` + here + `}[$__range]))`, "failed"}}},
				{"Test cases", "", timeseries, "short", []query{{`sum by (result) (increase(kiro_worker_workitem_tests_total{` + here + `}[$__rate_interval]))`, "{{result}}"}}},
				{"Coverage of the last attempt", "", timeseries, "percentunit", []query{{`kiro_worker_workitem_coverage_ratio{` + here + `}`, "{{environment}} {{metric}}"}}},
			}},
			{"Locks and notifications", []panel{
				{"Locks", "", timeseries, "short", []query{{`sum by (operation, result) (increase(kiro_worker_lock_operations_total{` + here + `}[$__rate_interval]))`, "{{operation}} {{result}}"}}},
				{"Checks", "", timeseries, "short", []query{{`sum by (check, result) (increase(kiro_worker_workenvironment_checks_total{` + here + `}[$__rate_interval]))`, "{{check}} {{result}}"}}},
				{"Notifications", "", timeseries, "short", []query{{`sum by (type, result) (increase(kiro_worker_workitem_notifications_total{` + here + `}[$__rate_interval]))`, "{{type}} {{result}}"}}},
			}},
		},
	}
}

func analytics() dashboard {
	total := func(metric string) string {
		return `sum(increase(kiro_worker_workitem_` + metric + `{` + here + `}[$__range]))`
	}
	return dashboard{
		name: "analytics", title: "Analytics", text: "What it brings, and what it costs, over the time that is chosen.", variables: places,
		rows: []row{
			{"Over the time that is chosen", []panel{
				{"Items that ended", "", stat, "short", []query{{total("outcomes_total"), "items"}}},
				{"Succeeded", "", stat, "percentunit", []query{{`sum(increase(kiro_worker_workitem_outcomes_total{outcome="Succeeded", ` + here + `}[$__range])) / ` + total("outcomes_total"), "succeeded"}}},
				{"Tasks done", "", stat, "short", []query{{total("tasks_done_total"), "tasks"}}},
				{"Attempts for an item", "", stat, "short", []query{{total("attempts_total") + ` / ` + total("outcomes_total"), "attempts"}}},
				{"The agent worked", "As the agent says.", stat, "s", []query{{total("agent_seconds_total"), "time"}}},
				{"The agent cost", "In the agent's own credits, or in tokens, as it says.", stat, "short", []query{{total("agent_credits_total"), "credits"}, {total("agent_tokens_total"), "tokens"}}},
			}},
			{"From card to pull request", []panel{
				{"From trigger to end, of those that succeeded", "", stat, "s", quantiles("kiro_worker_workitem_end_to_end_seconds", `class="none", `+here)},
				{"Of that, until the start", "", stat, "s", quantiles("kiro_worker_workitem_lead_seconds", here)},
				{"Of that, in the queue", "What too few slots cost.", stat, "s", quantiles("kiro_worker_workitem_queue_seconds", here)},
				{"Hours spent in the queue", "Over all items.", stat, "h", []query{{total("queue_seconds_sum") + ` / 3600`, "hours"}}},
			}},
			{"Over time", []panel{
				{"Items that ended, by outcome", "", timeseries, "short", []query{{`sum by (outcome) (increase(kiro_worker_workitem_outcomes_total{` + here + `}[$__rate_interval])) > 0 or sum(increase(kiro_worker_workitem_outcomes_total{` + here + `}[$__rate_interval]))`, "{{outcome}}"}}},
				{"Share that succeeds, by environment", "", timeseries, "percentunit", []query{{`sum by (namespace, environment) (increase(kiro_worker_workitem_outcomes_total{outcome="Succeeded", ` + here + `}[$__range])) / sum by (namespace, environment) (increase(kiro_worker_workitem_outcomes_total{` + here + `}[$__range]))`, "{{namespace}}/{{environment}}"}}},
			}},
			{"Why they fail", []panel{
				{"Failures by outcome", "", bars, "short", []query{{`sum by (outcome) (increase(kiro_worker_workitem_attempts_total{class!="none", ` + here + `}[$__range]))`, "{{outcome}}"}}},
				{"Test cases that failed", "", timeseries, "percentunit", []query{{`sum(increase(kiro_worker_workitem_tests_total{result="failed", ` + here + `}[$__range])) / sum(increase(kiro_worker_workitem_tests_total{result=~"passed|failed", ` + here + `}[$__range]))`, "failed"}}},
			}},
		},
	}
}

func stages() dashboard {
	return dashboard{
		name: "stages", title: "Worker stages", text: "Where a build's time goes.", variables: places,
		rows: []row{
			{"The worker's stages", []panel{
				{"Time of a stage, p50", "As builds reported it.", bars, "s", []query{{`histogram_quantile(0.5, sum by (stage, le) (increase(kiro_worker_workitem_stage_seconds_bucket{` + here + `}[$__range])))`, "{{stage}}"}}},
				{"Time of a stage, p95", "", bars, "s", []query{{`histogram_quantile(0.95, sum by (stage, le) (increase(kiro_worker_workitem_stage_seconds_bucket{` + here + `}[$__range])))`, "{{stage}}"}}},
			}},
			{"Where the time goes", []panel{
				{"Share of each stage", "", timeseries, "percentunit", []query{{`sum by (stage) (increase(kiro_worker_workitem_stage_seconds_sum{` + here + `}[$__range])) / ignoring (stage) group_left () sum(increase(kiro_worker_workitem_stage_seconds_sum{` + here + `}[$__range]))`, "{{stage}}"}}},
				{"The agent's stage", "How many builds took how long.", heatmap, "s", []query{{`sum by (le) (increase(kiro_worker_workitem_stage_seconds_bucket{stage="agent", ` + here + `}[$__rate_interval]))`, "{{le}}"}}},
			}},
			{"CodeBuild's phases", []panel{
				{"Time of a phase, p50", "As CodeBuild says; also of builds whose worker reported nothing.", bars, "s", []query{{`histogram_quantile(0.5, sum by (phase, le) (increase(kiro_worker_workitem_build_phase_seconds_bucket{` + here + `}[$__range])))`, "{{phase}}"}}},
				{"Time of a phase, p95", "", bars, "s", []query{{`histogram_quantile(0.95, sum by (phase, le) (increase(kiro_worker_workitem_build_phase_seconds_bucket{` + here + `}[$__range])))`, "{{phase}}"}}},
			}},
		},
	}
}
