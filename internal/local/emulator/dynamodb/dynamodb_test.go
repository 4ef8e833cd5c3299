// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

type fixture struct {
	*dynamodb.Emulator
	sdk    *sdk.Client
	faults *faults.Injector
	clock  *clocktesting.FakePassiveClock
}

func serve(t *testing.T) fixture {
	t.Helper()
	f := fixture{faults: faults.New(nil, nil), clock: clocktesting.NewFakePassiveClock(start)}
	f.Emulator = dynamodb.New(dynamodb.Options{Faults: f.faults, Clock: f.clock})
	s := httptest.NewServer(f.Emulator)
	t.Cleanup(s.Close)
	f.sdk = sdk.New(sdk.Options{
		Region:       "eu-central-1",
		BaseEndpoint: aws.String(s.URL),
		Credentials:  credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
		Retryer:      aws.NopRetryer{},
	})
	if err := f.CreateLockTable("locks"); err != nil {
		t.Fatal(err)
	}
	return f
}

func keyed(key string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"lockKey": &types.AttributeValueMemberS{Value: key}}
}

// set is an action that sets n of a row if the row is not there yet.
func set(key string, n int) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName:                 aws.String("locks"),
		Key:                       keyed(key),
		ConditionExpression:       aws.String("attribute_not_exists(lockKey)"),
		UpdateExpression:          aws.String("SET #n = :n"),
		ExpressionAttributeNames:  map[string]string{"#n": "n"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: fmt.Sprint(n)}},

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

func (f fixture) transact(token string, items ...types.TransactWriteItem) error {
	in := &sdk.TransactWriteItemsInput{TransactItems: items}
	if token != "" {
		in.ClientRequestToken = aws.String(token)
	}
	_, err := f.sdk.TransactWriteItems(context.Background(), in)
	return err
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

func TestCancelledTransactionNamesEveryReason(t *testing.T) {
	f := serve(t)
	if err := f.transact("", set("b", 7), set("d", 8)); err != nil {
		t.Fatal(err)
	}
	err := f.transact("", set("a", 1), set("b", 2), set("c", 3), set("d", 4))
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, r := range cancelled.CancellationReasons {
		old := ""
		if n, ok := r.Item["n"].(*types.AttributeValueMemberN); ok {
			old = n.Value
		}
		got = append(got, aws.ToString(r.Code)+" "+old)
	}
	want := []string{"None ", "ConditionalCheckFailed 7", "None ", "ConditionalCheckFailed 8"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("AWS names each failed condition with its old row:\n%s", diff)
	}
	if want := "Transaction cancelled, please refer cancellation reasons for specific reasons " +
		"[None, ConditionalCheckFailed, None, ConditionalCheckFailed]"; cancelled.ErrorMessage() != want {
		t.Errorf("message %q", cancelled.ErrorMessage())
	}
	rows, err := f.Rows("locks")
	if err != nil || len(rows) != 2 {
		t.Errorf("nothing of a cancelled transaction is written; rows %v, %v", rows, err)
	}
}

func TestTokensMakeTransactionsIdempotent(t *testing.T) {
	f := serve(t)
	if err := f.transact("token", set("a", 1)); err != nil {
		t.Fatal(err)
	}
	if err := f.transact("token", set("a", 1)); err != nil {
		t.Errorf("the same request with the same token succeeds without effect; got %v", err)
	}
	if got := codeOf(f.transact("token", set("a", 2))); got != "IdempotentParameterMismatchException" {
		t.Errorf("other parameters under the same token are an error; got %v", got)
	}
	f.clock.SetTime(start.Add(10 * time.Minute))
	if got := codeOf(f.transact("token", set("a", 1))); got != "TransactionCanceledException" {
		t.Errorf("after ten minutes a token counts for nothing; got %v", got)
	}
}

func TestConflicts(t *testing.T) {
	f := serve(t)
	f.Conflict(1)
	err := f.transact("", set("a", 1))
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) || aws.ToString(cancelled.CancellationReasons[0].Code) != "TransactionConflict" {
		t.Fatalf("got %v", err)
	}
	if err := f.transact("", set("a", 1)); err != nil {
		t.Errorf("a conflict passes: %v", err)
	}

	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for n := range 20 {
		wg.Go(func() {
			if f.transact("", set("b", n), set(fmt.Sprint("c", n), n)) == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d of 20 transactions wrote the same new row", won)
	}
}

func TestPutItemReturnsTheOldRow(t *testing.T) {
	f := serve(t)
	if err := f.PutRow("locks", dynamodb.Row{"lockKey": dynamodb.String("a"), "n": dynamodb.Number(5)}); err != nil {
		t.Fatal(err)
	}
	_, err := f.sdk.PutItem(t.Context(), &sdk.PutItemInput{
		TableName: aws.String("locks"), Item: keyed("a"), ConditionExpression: aws.String("attribute_not_exists(lockKey)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		t.Fatalf("got %v", err)
	}
	if n, ok := failed.Item["n"].(*types.AttributeValueMemberN); !ok || n.Value != "5" {
		t.Errorf("old row %v", failed.Item)
	}
}

func TestRemove(t *testing.T) {
	tests := map[string]struct {
		why    string
		update string
		want   []string
	}{
		"Alone":     {"the plainest case", "REMOVE a", []string{"b", "lockKey"}},
		"After SET": {"what follows REMOVE up to the next clause is removed", "SET c = :v REMOVE a, #b ADD d :v", []string{"c", "d", "lockKey"}},
		"Lower":     {"clauses are not case sensitive", "remove a set c = :v", []string{"b", "c", "lockKey"}},
		"Absent":    {"removing what is not there is no error", "REMOVE x", []string{"a", "b", "lockKey"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := serve(t)
			names, values := map[string]string{}, map[string]types.AttributeValue{}
			if strings.Contains(tc.update, "#b") {
				names["#b"] = "b"
			}
			if strings.Contains(tc.update, ":v") {
				values[":v"] = &types.AttributeValueMemberN{Value: "1"}
			}
			row := dynamodb.Row{"lockKey": dynamodb.String("x"), "a": dynamodb.Number(1), "b": dynamodb.Number(2)}
			for _, transaction := range []bool{false, true} {
				if err := f.PutRow("locks", row); err != nil {
					t.Fatal(err)
				}
				var err error
				if transaction {
					err = f.transact("", types.TransactWriteItem{Update: &types.Update{TableName: aws.String("locks"), Key: keyed("x"),
						UpdateExpression: aws.String(tc.update), ExpressionAttributeNames: names, ExpressionAttributeValues: values}})
				} else {
					_, err = f.sdk.UpdateItem(t.Context(), &sdk.UpdateItemInput{TableName: aws.String("locks"), Key: keyed("x"),
						UpdateExpression: aws.String(tc.update), ExpressionAttributeNames: names, ExpressionAttributeValues: values})
				}
				if err != nil {
					t.Fatal(err)
				}
				rows, err := f.Rows("locks")
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, slices.Sorted(maps.Keys(rows["x"]))); diff != "" {
					t.Errorf("%s; in a transaction: %t\n%s", tc.why, transaction, diff)
				}
			}
		})
	}
}

func TestTables(t *testing.T) {
	f := serve(t)
	ctx := t.Context()
	_, err := f.sdk.CreateTable(ctx, &sdk.CreateTableInput{
		TableName:            aws.String("made"),
		BillingMode:          types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("k"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("k"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.sdk.DescribeTable(ctx, &sdk.DescribeTableInput{TableName: aws.String("made")})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{string(out.Table.TableStatus), aws.ToString(out.Table.TableArn),
		string(out.Table.AttributeDefinitions[0].AttributeType), aws.ToString(out.Table.KeySchema[0].AttributeName)}
	want := []string{"ACTIVE", "arn:aws:dynamodb:eu-central-1:000000000000:table/made", "S", "k"}
	if diff := cmp.Diff(want, got); diff != "" || !out.Table.CreationDateTime.Equal(start) {
		t.Errorf("created at %v, -want +got:\n%s", out.Table.CreationDateTime, diff)
	}
	if _, err := f.sdk.DeleteTable(ctx, &sdk.DeleteTableInput{TableName: aws.String("made")}); err != nil {
		t.Fatal(err)
	}
	_, err = f.sdk.DescribeTable(ctx, &sdk.DescribeTableInput{TableName: aws.String("made")})
	var notFound *types.ResourceNotFoundException
	if !errors.As(err, &notFound) {
		t.Errorf("a deleted table is not found; got %v", err)
	}
	_, err = f.sdk.ListBackups(ctx, &sdk.ListBackupsInput{})
	if codeOf(err) != "UnknownOperationException" {
		t.Errorf("what is not imitated is an error; got %v", err)
	}
}

func TestTimeToLive(t *testing.T) {
	f := serve(t)
	if err := f.CreateTable("plain", "k", ""); err != nil {
		t.Fatal(err)
	}
	update := func(attribute string, enabled bool) string {
		_, err := f.sdk.UpdateTimeToLive(t.Context(), &sdk.UpdateTimeToLiveInput{
			TableName:               aws.String("plain"),
			TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String(attribute), Enabled: aws.Bool(enabled)},
		})
		return codeOf(err)
	}
	describe := func() string {
		out, err := f.sdk.DescribeTimeToLive(t.Context(), &sdk.DescribeTimeToLiveInput{TableName: aws.String("plain")})
		if err != nil {
			return codeOf(err)
		}
		return fmt.Sprint(out.TimeToLiveDescription.TimeToLiveStatus, " ", aws.ToString(out.TimeToLiveDescription.AttributeName))
	}
	got := []string{
		describe(), update("at", true), describe(), update("other", true), update("other", false), update("at", false), describe(),
	}
	want := []string{"DISABLED ", "<nil>", "ENABLED at", "ValidationException", "ValidationException", "<nil>", "DISABLED "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestExpiredRowsStayUntilDeleted(t *testing.T) {
	f := serve(t)
	for key, at := range map[string]int64{"old": start.Unix() - 1, "young": start.Unix() + 1} {
		row := dynamodb.Row{"lockKey": dynamodb.String(key), "deleteAt": dynamodb.Number(at)}
		if err := f.PutRow("locks", row); err != nil {
			t.Fatal(err)
		}
	}
	if rows, err := f.Rows("locks"); err != nil || len(rows) != 2 {
		t.Fatalf("expired rows still show up: %v, %v", rows, err)
	}
	if err := f.DeleteExpired("locks"); err != nil {
		t.Fatal(err)
	}
	rows, err := f.Rows("locks")
	if _, ok := rows["young"]; err != nil || len(rows) != 1 || !ok {
		t.Errorf("rows %v, %v", rows, err)
	}
}

func TestFaults(t *testing.T) {
	f := serve(t)
	f.faults.Add(faults.Rule{Service: dynamodb.Service, Operation: "TransactWriteItems", Nth: 1, Fault: faults.Fault{LoseAnswer: true}})
	f.faults.Add(faults.Rule{Operation: "TransactWriteItems", Nth: 2,
		Fault: faults.Fault{Status: 400, Code: "ThrottlingException", Message: "Rate exceeded"}})
	if err := f.transact("", set("a", 1)); err == nil {
		t.Error("a lost answer is an error to the client")
	}
	if rows, err := f.Rows("locks"); err != nil || len(rows) != 1 {
		t.Errorf("a lost answer has had its effect: %v, %v", rows, err)
	}
	if got := codeOf(f.transact("", set("b", 1))); got != "ThrottlingException" {
		t.Errorf("an injected error comes in DynamoDB's form; got %v", got)
	}
	if got := f.faults.Calls(dynamodb.Service, "TransactWriteItems"); got != 2 {
		t.Errorf("%d calls counted", got)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	f := serve(t)
	one := map[string]types.AttributeValue{":one": &types.AttributeValueMemberN{Value: "1"}}
	update := func(key string, text string, values map[string]types.AttributeValue) types.TransactWriteItem {
		return types.TransactWriteItem{Update: &types.Update{
			TableName: aws.String("locks"), Key: keyed(key), UpdateExpression: aws.String(text), ExpressionAttributeValues: values,
		}}
	}
	elsewhere := update("a", "SET n = :one", one)
	elsewhere.Update.TableName = aws.String("none")
	for name, tc := range map[string]struct {
		why   string
		items []types.TransactWriteItem
		want  string
	}{
		"Syntax":        {"an expression that cannot be read", []types.TransactWriteItem{update("a", "SET n =", nil)}, "ValidationException"},
		"Unused value":  {"whoever sends it has another expression in mind", []types.TransactWriteItem{update("a", "REMOVE n", one)}, "ValidationException"},
		"Missing value": {"a value that is not there", []types.TransactWriteItem{update("a", "SET n = :one", nil)}, "ValidationException"},
		"Reserved word": {"the reason for writing #status", []types.TransactWriteItem{update("a", "SET status = :one", one)}, "ValidationException"},
		"Key":           {"a row cannot become another", []types.TransactWriteItem{update("a", "SET lockKey = :one", one)}, "ValidationException"},
		"Twice":         {"a transaction writes a row once", []types.TransactWriteItem{update("a", "SET n = :one", one), update("a", "SET m = :one", one)}, "ValidationException"},
		"Other key":     {"a key that is none of the table's", []types.TransactWriteItem{{Delete: &types.Delete{TableName: aws.String("locks"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "a"}}}}}, "ValidationException"},
		"Empty key":     {"a key is not empty", []types.TransactWriteItem{update("", "SET n = :one", one)}, "ValidationException"},
		"Long key":      {"a key has 2048 bytes at most", []types.TransactWriteItem{update(strings.Repeat("k", 2049), "SET n = :one", one)}, "ValidationException"},
		"Overlap":       {"two paths, one in the other", []types.TransactWriteItem{update("a", "SET n = :one, n.m = :one", one)}, "ValidationException"},
		"No table":      {"a table that is not there", []types.TransactWriteItem{elsewhere}, "ResourceNotFoundException"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := codeOf(f.transact("", tc.items...)); got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.why, got, tc.want)
			}
		})
	}
	if rows, err := f.Rows("locks"); err != nil || len(rows) != 0 {
		t.Errorf("a request that is refused writes nothing; rows %v, %v", rows, err)
	}
}

// TestReasonsOfRows: what cannot be done to a row as it is cancels the transaction, with a reason a row.
func TestReasonsOfRows(t *testing.T) {
	f := serve(t)
	big := types.TransactWriteItem{Put: &types.Put{TableName: aws.String("locks"), Item: keyed("big")}}
	big.Put.Item["text"] = &types.AttributeValueMemberS{Value: strings.Repeat("x", 400<<10)}
	read := types.TransactWriteItem{Update: &types.Update{TableName: aws.String("locks"), Key: keyed("read"), UpdateExpression: aws.String("SET n = gone")}}
	for name, item := range map[string]types.TransactWriteItem{"too big": big, "an attribute that is not there": read} {
		err := f.transact("", set("a", 1), item)
		var cancelled *types.TransactionCanceledException
		if !errors.As(err, &cancelled) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		codes := []string{aws.ToString(cancelled.CancellationReasons[0].Code), aws.ToString(cancelled.CancellationReasons[1].Code)}
		if diff := cmp.Diff([]string{"None", "ValidationError"}, codes); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, err := f.sdk.PutItem(t.Context(), &sdk.PutItemInput{TableName: aws.String("locks"), Item: big.Put.Item}); codeOf(err) != "ValidationException" {
		t.Errorf("alone, it is refused; got %v", err)
	}
	if got := codeOf(f.transact(strings.Repeat("t", 37), set("a", 1))); got != "ValidationException" {
		t.Errorf("a token has 36 letters at most; got %s", got)
	}
	if err := f.transact(strings.Repeat("t", 36), set("a", 1)); err != nil {
		t.Error(err)
	}
}

func TestGlobalTable(t *testing.T) {
	f := serve(t)
	f.SetReplicas("locks", "STRONG", "eu-west-1")
	out, err := f.sdk.DescribeTable(t.Context(), &sdk.DescribeTableInput{TableName: aws.String("locks")})
	if err != nil || len(out.Table.Replicas) != 1 || out.Table.MultiRegionConsistency != types.MultiRegionConsistencyStrong {
		t.Errorf("%+v, %v", out, err)
	}
	if got := codeOf(f.transact("", set("a", 1))); got != "ValidationException" {
		t.Errorf("a table that is consistent over regions has no transactions; got %s", got)
	}
}

func TestReads(t *testing.T) {
	f := serve(t)
	whole := map[string]types.AttributeValue{
		"lockKey": &types.AttributeValueMemberS{Value: "a"}, "text": &types.AttributeValueMemberS{Value: "ü"},
		"bytes": &types.AttributeValueMemberB{Value: []byte{0, 1}}, "yes": &types.AttributeValueMemberBOOL{Value: true},
		"null": &types.AttributeValueMemberNULL{Value: true}, "numbers": &types.AttributeValueMemberNS{Value: []string{"1", "2"}},
		"texts": &types.AttributeValueMemberSS{Value: []string{"x"}}, "binaries": &types.AttributeValueMemberBS{Value: [][]byte{{2}}},
		"map": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"list": &types.AttributeValueMemberL{
			Value: []types.AttributeValue{&types.AttributeValueMemberN{Value: "1.5"}}}}},
	}
	put := func(row map[string]types.AttributeValue) {
		t.Helper()
		if _, err := f.sdk.PutItem(t.Context(), &sdk.PutItemInput{TableName: aws.String("locks"), Item: row}); err != nil {
			t.Fatal(err)
		}
	}
	put(whole)
	put(keyed("b"))
	one, err := f.sdk.GetItem(t.Context(), &sdk.GetItemInput{TableName: aws.String("locks"), Key: keyed("a")})
	if err != nil || fmt.Sprint(shown(one.Item)) != fmt.Sprint(shown(whole)) {
		t.Errorf("a row comes back as it was written, of whatever types; got %v, %v", shown(one.Item), err)
	}
	f.LeaveUnprocessed("locks", func(n int) bool { return n == 1 })
	batch, err := f.sdk.BatchGetItem(t.Context(), &sdk.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
		"locks": {Keys: []map[string]types.AttributeValue{keyed("a"), keyed("b"), keyed("none")}, ConsistentRead: aws.Bool(true)},
	}})
	if err != nil || len(batch.Responses["locks"]) != 1 || len(batch.UnprocessedKeys["locks"].Keys) != 1 || !aws.ToBool(batch.UnprocessedKeys["locks"].ConsistentRead) {
		t.Errorf("one row, one key that is left out, and one row that is not there; got %+v, %v", batch, err)
	}
	scan, err := f.sdk.Scan(t.Context(), &sdk.ScanInput{TableName: aws.String("locks"), FilterExpression: aws.String("attribute_not_exists(yes)")})
	if err != nil || scan.Count != 1 || scan.ScannedCount != 2 {
		t.Errorf("a scan sees every row and returns those of its filter; got %+v, %v", scan, err)
	}
	if _, err := f.sdk.DeleteItem(t.Context(), &sdk.DeleteItemInput{TableName: aws.String("locks"), Key: keyed("a")}); err != nil {
		t.Error(err)
	}
	if one, err = f.sdk.GetItem(t.Context(), &sdk.GetItemInput{TableName: aws.String("locks"), Key: keyed("a")}); err != nil || one.Item != nil {
		t.Errorf("a deleted row is absent; got %v, %v", one.Item, err)
	}
}

// shown is a row's values as text, which follows the pointers that they are.
func shown(row map[string]types.AttributeValue) string {
	text, err := json.Marshal(row)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
