package postern

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
)

const watched = "op://a/b/c"

// watching is a peer that opens the watches w1, w2 and so on, and says more with each: before the answer that brings the id, or after it.
func watching(t *testing.T, unwatched chan<- any, before, after func(conn net.Conn, id string)) peer {
	var opened atomic.Int32
	return startPeer(t, opening(func(conn net.Conn, request asked) any {
		if request.Method == "secrets.unwatch" {
			unwatched <- request.Params["watch"]
			return result(struct{}{})
		}
		id := fmt.Sprintf("w%d", opened.Add(1))
		before(conn, id)
		_, _ = fmt.Fprintf(conn, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"watch\":%q}}\n", *request.ID, id)
		after(conn, id)
		return nil
	}))
}

func silent(net.Conn, string) {}

func changedTimes(times int) func(net.Conn, string) {
	return func(conn net.Conn, id string) {
		for range times {
			_, _ = fmt.Fprintf(conn, "{\"jsonrpc\":\"2.0\",\"method\":\"secret.changed\",\"params\":{\"watch\":%q}}\n", id)
		}
	}
}

func endedBecause(reason string) func(net.Conn, string) {
	return func(conn net.Conn, id string) {
		const line = "{\"jsonrpc\":\"2.0\",\"method\":\"secret.ended\",\"params\":{\"watch\":%q,\"reason\":%q}}\n"
		_, _ = fmt.Fprintf(conn, line, id, reason)
	}
}

func TestAWatchTellsOfAChangeThatCameBeforeItsID(t *testing.T) {
	unwatched := make(chan any, 1)
	client := watching(t, unwatched, changedTimes(2), silent).client(t)
	ctx, cancel := context.WithCancel(context.Background())
	watch, err := client.WatchSecret(ctx, watched)
	if err != nil {
		t.Fatal(err)
	}
	if got := <-watch.Changes(); got != (SecretChange{watched, false}) {
		t.Errorf("got %+v", got)
	}
	cancel()
	for range watch.Changes() {
	}
	if !errors.Is(watch.Err(), context.Canceled) {
		t.Errorf("got %v", watch.Err())
	}
	if id := <-unwatched; id != "w1" {
		t.Errorf("ended %v", id)
	}
}

func TestAWatchEndsWithTheReasonOfTheAgent(t *testing.T) {
	for _, reason := range []string{"locked", "grantEnded"} {
		client := watching(t, make(chan any, 1), silent, endedBecause(reason)).client(t)
		watch, err := client.WatchSecret(context.Background(), watched)
		if err != nil {
			t.Fatal(err)
		}
		for got := range watch.Changes() {
			t.Errorf("got %+v", got)
		}
		if ended, ok := errors.AsType[*WatchEndedError](watch.Err()); !ok || ended.Reason != reason {
			t.Errorf("%s: got %v", reason, watch.Err())
		}
	}
}

func TestAWatchIsOpenedAgainAfterALostConnection(t *testing.T) {
	client := watching(t, make(chan any, 1), silent, func(conn net.Conn, id string) {
		if id == "w1" {
			_ = conn.Close()
		}
	}).client(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	watch, err := client.WatchSecret(ctx, watched)
	if err != nil {
		t.Fatal(err)
	}
	if got := <-watch.Changes(); got != (SecretChange{watched, true}) {
		t.Errorf("got %+v", got)
	}
}

func TestAWatchEndsWithTheClient(t *testing.T) {
	client := watching(t, make(chan any, 1), silent, silent).client(t)
	watch, err := client.WatchSecret(context.Background(), watched)
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	for range watch.Changes() {
	}
	if !errors.Is(watch.Err(), ErrClientClosed) {
		t.Errorf("got %v", watch.Err())
	}
}

func TestAWatchThatCannotBeginSaysSo(t *testing.T) {
	client := startPeer(t, opening(func(net.Conn, asked) any { return refusal("itemNotFound") })).client(t)
	_, err := client.WatchSecret(context.Background(), watched)
	if !errors.Is(err, ErrItemNotFound) || err.Error() != "error resolving secret reference: refused" {
		t.Errorf("got %v", err)
	}
}

func TestASlowReaderGetsOneChangeForMany(t *testing.T) {
	watch := SecretWatch{changes: make(chan SecretChange, 1)}
	watch.tell(SecretChange{watched, true})
	watch.tell(SecretChange{watched, false})
	watch.tell(SecretChange{watched, false})
	if got := <-watch.changes; got != (SecretChange{watched, true}) || len(watch.changes) != 0 {
		t.Errorf("got %+v and %d more", got, len(watch.changes))
	}
}

func TestSoManyUnknownWatchesAreRemembered(t *testing.T) {
	for extra, want := range map[int]int{0: 1, 1: 0} {
		notices := newWatchNotices()
		for index := range unknownMax + extra {
			params := fmt.Sprintf(`{"watch":"w%d"}`, index)
			notices.heard(Notification{"secret.changed", []byte(params)})
		}
		if got := len(notices.own("w0").changed); got != want || len(notices.unknown) > unknownMax {
			t.Errorf("%d more: got %d changes of the first, and %d watches", extra, got, len(notices.unknown))
		}
	}
}
