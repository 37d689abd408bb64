//go:build unix

package postern

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// twoEnds connects two sockets.
func twoEnds(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if ours, err = net.Dial("unix", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if theirs, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	return ours, theirs
}

func TestEachLineArrivesWholeAndOnce(t *testing.T) {
	const senders, each = 8, 60
	ours, theirs := twoEnds(t)
	ended := make(chan struct{})
	out := newOutbox(ours, ended)
	failed := make(chan error, 1)
	go func() { failed <- out.run() }()
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for number := range each {
				// Longer and shorter than a socket takes at once.
				line := fmt.Sprintf("%d %d %s", sender, number, strings.Repeat("x", 1+number*number*97%300_000))
				if !out.send(context.Background(), []byte(line)) {
					t.Errorf("%d %d was not sent", sender, number)
				}
			}
		})
	}
	seen := map[[2]int]int{}
	reader := bufio.NewReader(theirs)
	for range senders * each {
		line, err := reader.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		var sender, number int
		names, filling, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " x")
		_, _ = fmt.Sscanf(names, "%d %d", &sender, &number)
		if wanted := 1 + number*number*97%300_000; filling != strings.Repeat("x", wanted-1) {
			t.Fatalf("the line %d of sender %d was torn", number, sender)
		}
		seen[[2]int{sender, number}]++
	}
	all.Wait()
	if len(seen) != senders*each {
		t.Errorf("got %d of %d lines", len(seen), senders*each)
	}
	close(ended)
	if err := <-failed; err != nil {
		t.Error(err)
	}
}

func TestNobodyWaitsPastTheContextForAPeerThatDoesNotRead(t *testing.T) {
	ours, theirs := twoEnds(t)
	ended := make(chan struct{})
	defer close(ended)
	out := newOutbox(ours, ended)
	go func() { _ = out.run() }()
	line := []byte(strings.Repeat("x", 100_000))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	sent := 0
	for out.send(ctx, append([]byte(nil), line...)) {
		if sent++; sent > inFlightMax+100 {
			t.Fatal("there is no bound")
		}
	}
	if ctx.Err() == nil {
		t.Fatal("refused without a reason")
	}
	// All that was taken arrives once the peer reads.
	if _, err := io.CopyN(io.Discard, theirs, int64(sent*(len(line)+1))); err != nil {
		t.Error(err)
	}
}

func TestALineIsRefusedOnceTheConnectionHasEnded(t *testing.T) {
	ours, _ := twoEnds(t)
	ended := make(chan struct{})
	out := newOutbox(ours, ended)
	close(ended)
	_ = ours.Close()
	// The rest of one line and the lines that may wait can be taken, and nobody writes them. Then no line is.
	for range 1 + inFlightMax {
		out.send(context.Background(), []byte("x"))
	}
	for len(out.lines) < inFlightMax {
		out.leave([]byte("x"))
	}
	if out.send(context.Background(), []byte("x")) {
		t.Error("a line was taken for a connection that has ended")
	}
	if err := out.run(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
