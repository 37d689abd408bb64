package postern

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestCancelEndsTheCallHereAndInTheAgent(t *testing.T) {
	arrived, cancelled := make(chan asked, 1), make(chan asked, 1)
	p := startPeer(t, opening(func(_ net.Conn, request asked) any {
		if request.Method == "$/cancelRequest" {
			cancelled <- request
		} else {
			arrived <- request
		}
		return nil
	}))
	ctx, cancel := context.WithCancelCause(context.Background())
	own := errors.New("the user went away")
	failed := make(chan error)
	client := p.client(t)
	go func() {
		_, err := client.Secrets().Resolve(ctx, "op://a/b/c")
		failed <- err
	}()
	request := <-arrived
	cancel(own)
	if err := <-failed; !errors.Is(err, context.Canceled) || !errors.Is(err, own) {
		t.Errorf("got %v", err)
	}
	if got := <-cancelled; got.Params["id"] != float64(*request.ID) {
		t.Errorf("cancelled %v, not %d", got.Params["id"], *request.ID)
	}
}

func TestDeadlineEndsEveryPartOfACall(t *testing.T) {
	silentAt := map[string]conversation{
		"the hello":   func(net.Conn, asked) any { return nil },
		"the request": opening(func(net.Conn, asked) any { return nil }),
	}
	for name, answer := range silentAt {
		t.Run(name, func(t *testing.T) {
			p := startPeer(t, answer)
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			client, err := NewClient(ctx, WithDesktopAppIntegration(""), WithSocket(p.socket))
			if err == nil {
				defer client.Close()
				_, err = client.Secrets().Resolve(ctx, "op://a/b/c")
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestManyCallsAtOnceGetTheirOwnAnswers(t *testing.T) {
	const calls = 3 * inFlightMax
	p := startPeer(t, opening(func(_ net.Conn, request asked) any {
		return result(map[string]any{"secret": request.Params["reference"], "vaultId": "v", "itemId": "i"})
	}))
	client := p.client(t)
	var all sync.WaitGroup
	for index := range calls {
		all.Go(func() {
			reference := fmt.Sprintf("op://a/b/%d", index)
			if secret, err := client.Secrets().Resolve(context.Background(), reference); secret != reference || err != nil {
				t.Errorf("%s: got %q, %v", reference, secret, err)
			}
		})
	}
	all.Wait()
}

func TestALostReadIsRepeatedOnceAndAWriteIsNot(t *testing.T) {
	var requests atomic.Int32
	p := startPeer(t, opening(func(conn net.Conn, request asked) any {
		requests.Add(1)
		_ = conn.Close()
		return nil
	}))
	client := p.client(t)
	for method, times := range map[string]int32{"secrets.resolve": 2, "items.delete": 1} {
		requests.Store(0)
		err := client.Call(context.Background(), method, struct{}{}, nil)
		if _, isLost := errors.AsType[*ConnectionLostError](err); !isLost || requests.Load() != times {
			t.Errorf("%s: %d requests and %v", method, requests.Load(), err)
		}
	}
}

func TestATokenIsPresentedAgainAfterALock(t *testing.T) {
	var opened, asks atomic.Int32
	p := startPeer(t, func(conn net.Conn, request asked) any {
		if request.Method == "clients.open" {
			return result(map[string]string{"client": fmt.Sprintf("c%d", opened.Add(1))})
		}
		return opening(func(_ net.Conn, request asked) any {
			asks.Add(1)
			if request.Params["client"] == "c1" {
				return refusal("locked")
			}
			return result(map[string]string{"secret": "s"})
		})(conn, request)
	})
	client, err := NewClient(context.Background(), WithServiceAccountToken("postern_t"), WithSocket(p.socket))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if secret, err := client.Secrets().Resolve(context.Background(), "op://a/b/c"); secret != "s" || err != nil {
		t.Errorf("got %q, %v", secret, err)
	}
	if opened.Load() != 2 || asks.Load() != 2 {
		t.Errorf("opened %d, asked %d", opened.Load(), asks.Load())
	}
}

func TestCloseEndsCallsInFlight(t *testing.T) {
	arrived := make(chan struct{})
	p := startPeer(t, opening(func(net.Conn, asked) any {
		close(arrived)
		return nil
	}))
	client := p.client(t)
	failed := make(chan error)
	go func() { failed <- client.Call(context.Background(), "items.delete", struct{}{}, nil) }()
	<-arrived
	client.Close()
	if err := <-failed; !errors.Is(err, ErrClientClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := client.Secrets().Resolve(context.Background(), "op://a/b/c"); !errors.Is(err, ErrClientClosed) {
		t.Errorf("got %v", err)
	}
}

func TestARequestMayBeAsLongAsTheAgentTakes(t *testing.T) {
	empty, err := requestLine(1, "m", []byte(`""`))
	if err != nil {
		t.Fatal(err)
	}
	params := []byte(`"` + strings.Repeat("a", lineBytesMax-len(empty)) + `"`)
	if line, err := requestLine(1, "m", params); err != nil || len(line) != lineBytesMax {
		t.Errorf("got %d bytes, %v", len(line), err)
	}
	if _, err := requestLine(1, "m", append([]byte(`"a`), params[1:]...)); !errors.Is(err, ErrLineTooLong) {
		t.Errorf("got %v", err)
	}
}

func TestAnAnswerThatIsTooLongEndsTheConnection(t *testing.T) {
	p := startPeer(t, opening(func(conn net.Conn, _ asked) any {
		part := bytes.Repeat([]byte("a"), 1<<20)
		for range answerBytesMax>>20 + 1 {
			if _, err := conn.Write(part); err != nil {
				return nil
			}
		}
		return nil
	}))
	err := p.client(t).Call(context.Background(), "items.delete", struct{}{}, nil)
	if !errors.Is(err, errAnswerTooLong) {
		t.Errorf("got %v", err)
	}
}

func TestAnAnswerMayBeAsLongAsTheLimit(t *testing.T) {
	long := bytes.Repeat([]byte("a"), answerBytesMax)
	for extra, want := range map[string]error{"": nil, "a": errAnswerTooLong} {
		lines := io.MultiReader(bytes.NewReader(long), strings.NewReader(extra+"\n"))
		line, err := readLine(bufio.NewReaderSize(lines, readBytes))
		if !errors.Is(err, want) || (want == nil && len(line) != answerBytesMax) {
			t.Errorf("%d more: got %d bytes, %v", len(extra), len(line), err)
		}
	}
}

func TestAListenerMayCallTheClient(t *testing.T) {
	var client *Client
	heard := make(chan error, 1)
	ready := make(chan struct{})
	p := startPeer(t, opening(func(conn net.Conn, request asked) any {
		if request.Method == "agent.status" {
			_, _ = fmt.Fprintln(conn, `{"jsonrpc":"2.0","method":"session.changed"}`)
		}
		return result(struct{}{})
	}))
	client = p.client(t, WithEventListener(func(Notification) {
		<-ready
		heard <- client.Call(context.Background(), "agent.subscribe", struct{}{}, nil)
	}))
	close(ready)
	if err := client.Call(context.Background(), "agent.status", struct{}{}, nil); err != nil {
		t.Fatal(err)
	}
	if err := <-heard; err != nil {
		t.Error(err)
	}
}

func TestAnswersOfAnotherFormAreLeftAlone(t *testing.T) {
	p := startPeer(t, opening(func(conn net.Conn, _ asked) any {
		for _, line := range []string{`{"id":"later","result":1}`, `{"id":99,"result":1}`, `{"result":1}`, `{"id":null,"error":{"code":"x"}}`} {
			_, _ = fmt.Fprintln(conn, line)
		}
		return result(map[string]string{"secret": "s"})
	}))
	if secret, err := p.client(t).Secrets().Resolve(context.Background(), "op://a/b/c"); secret != "s" || err != nil {
		t.Errorf("got %q, %v", secret, err)
	}
}

func TestALineThatIsNoJSONEndsTheConnectionAndIsNotRepeated(t *testing.T) {
	p := startPeer(t, opening(func(conn net.Conn, _ asked) any {
		_, _ = fmt.Fprintln(conn, "s3cret")
		return nil
	}))
	err := p.client(t).Call(context.Background(), "items.delete", struct{}{}, nil)
	if _, isLost := errors.AsType[*ConnectionLostError](err); !isLost || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
}

func TestAnAnswerOfAnotherShapeIsNotRepeatedInTheError(t *testing.T) {
	p := startPeer(t, opening(func(net.Conn, asked) any { return result(map[string]any{"secret": 83537}) }))
	_, err := p.client(t).Secrets().Resolve(context.Background(), "op://a/b/c")
	if err == nil || strings.Contains(err.Error(), "83537") {
		t.Errorf("got %v", err)
	}
}

func TestAListenerHearsOfPromptsOfItsOwn(t *testing.T) {
	codes := make(chan Prompt, 2)
	p := startPeer(t, opening(func(conn net.Conn, request asked) any {
		for _, params := range []string{`{"code":"AA-11"}`, `{"request":4,"code":"KX-42","expiresAt":"2026-01-02T03:04:05Z"}`} {
			_, _ = fmt.Fprintf(conn, "{\"jsonrpc\":\"2.0\",\"method\":\"prompt.opened\",\"params\":%s}\n", params)
		}
		return result(map[string]string{"secret": "s"})
	}))
	client := p.client(t, WithPromptListener(func(one Prompt) { codes <- one }))
	if _, err := client.Secrets().Resolve(context.Background(), "op://a/b/c"); err != nil {
		t.Fatal(err)
	}
	if got := <-codes; got.Code != "KX-42" || got.ExpiresAt.Year() != 2026 {
		t.Errorf("got %+v", got)
	}
}

func TestAClientThatNothingRefersToIsClosed(t *testing.T) {
	p := startPeer(t, opening(func(net.Conn, asked) any { return nil }))
	client, err := NewClient(context.Background(), WithDesktopAppIntegration(""), WithSocket(p.socket))
	if err != nil {
		t.Fatal(err)
	}
	on := client.caller.link.session.channel
	runtime.KeepAlive(client)
	for on.isOpen() {
		runtime.GC()
		runtime.Gosched()
	}
}

func TestAnOlderAgentIsAskedAgainWithoutTheWaitForUnlock(t *testing.T) {
	known, other := map[string]any{"features": []string{"door", "waitForUnlock"}}, map[string]any{"features": []string{"door"}}
	byPerson, byToken := WithDesktopAppIntegration(""), WithServiceAccountToken("postern_t")
	for name, one := range map[string]struct {
		hello any
		as    ClientOption
		want  []any
	}{
		"announced":         {known, byPerson, []any{true}},
		"other features":    {other, byPerson, []any{true, nil}},
		"no features":       {struct{}{}, byPerson, []any{true, nil}},
		"of another form":   {map[string]any{"features": 7}, byPerson, []any{true, nil}},
		"announced a token": {known, byToken, []any{nil}},
	} {
		t.Run(name, func(t *testing.T) {
			opened := make(chan any, 3)
			p := startPeer(t, func(conn net.Conn, request asked) any {
				switch request.Method {
				case "agent.hello":
					return result(one.hello)
				case "clients.open":
					waits, isSent := request.Params["waitForUnlock"]
					opened <- waits
					if isSent && len(one.want) > 1 {
						return refusal("invalidParams")
					}
				}
				return opening(nil)(conn, request)
			})
			client, err := NewClient(context.Background(), one.as, WithSocket(p.socket))
			if err != nil {
				t.Fatal(err)
			}
			client.Close()
			close(opened)
			var sent []any
			for waits := range opened {
				sent = append(sent, waits)
			}
			if !slices.Equal(sent, one.want) {
				t.Errorf("sent %v, want %v", sent, one.want)
			}
		})
	}
}

func TestParametersThatAreWrongAnywayAreRefusedOnce(t *testing.T) {
	var opened atomic.Int32
	p := startPeer(t, func(_ net.Conn, request asked) any {
		if request.Method == "clients.open" {
			opened.Add(1)
			return refusal("invalidParams")
		}
		return result(map[string]any{"features": []string{"waitForUnlock"}})
	})
	_, err := NewClient(context.Background(), WithDesktopAppIntegration(""), WithSocket(p.socket))
	if !errors.Is(err, ErrInvalidParams) || opened.Load() != 1 {
		t.Errorf("opened %d times, got %v", opened.Load(), err)
	}
}

func TestAClientIsOpenAfterOneRoundTrip(t *testing.T) {
	var waiting []asked
	p := startPeer(t, func(conn net.Conn, request asked) any {
		// Nothing is answered before all of it is there.
		waiting = append(waiting, request)
		if request.Method != "clients.open" {
			return nil
		}
		for _, one := range waiting[:2] {
			_, _ = fmt.Fprintf(conn, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{}}\n", *one.ID)
		}
		return result(map[string]string{"client": "c1"})
	})
	p.client(t)
	if got := []string{waiting[0].Method, waiting[1].Method}; !slices.Equal(got, []string{"agent.hello", "agent.subscribe"}) {
		t.Errorf("sent %v first", got)
	}
}

func TestAnotherProtocolIsToldAtOnce(t *testing.T) {
	// An agent of that protocol may answer nothing more.
	p := startPeer(t, func(_ net.Conn, request asked) any {
		if request.Method == "agent.hello" {
			return refusal("protocolMismatch")
		}
		return nil
	})
	_, err := NewClient(context.Background(), WithDesktopAppIntegration(""), WithSocket(p.socket))
	if !errors.Is(err, ErrProtocolMismatch) {
		t.Errorf("got %v", err)
	}
}
