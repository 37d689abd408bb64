package postern

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
)

const (
	// answerBytesMax is the bytes of an answer after which the client gives the connection up. The agent's largest result has fewer.
	answerBytesMax = 64 << 20
	// readBytes is the size of the buffer for reading: most answers fit.
	readBytes = 16 << 10
	// requestBytes is room for the rest of a request, beside its method and parameters.
	requestBytes = 64
	// notificationsMax is how many notifications may wait for a listener that is slow. Beyond it the connection waits too.
	notificationsMax = 1024
)

var errAnswerTooLong = errors.New("an answer is longer than any of the agent's")

// channel is one connection to the agent. Every call ends exactly once: with its answer, with an error of the agent, with the end of its
// context, or with ConnectionLostError.
type channel struct {
	conn io.ReadWriteCloser
	out  *outbox
	// slots hold one value for each call in flight. The agent refuses more, and so the next call waits for its turn.
	slots chan struct{}
	// ended is closed with the connection. The cause is set before.
	ended chan struct{}

	mu      sync.Mutex
	cause   error
	lastID  uint64
	pending map[uint64]chan answer
}

type request struct {
	method string
	params json.RawMessage
}

type answer struct {
	result json.RawMessage
	err    error
}

// message is whatever the agent sends: an answer or a notification. A later agent may send an id or a code of another form. That must not
// end the connection.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    json.RawMessage `json:"code"`
		Message string          `json:"message"`
		Data    struct {
			Name     string `json:"name"`
			Hint     string `json:"hint"`
			Incident string `json:"incident"`
		} `json:"data"`
	} `json:"error"`
}

type greeting struct {
	Protocol int           `json:"protocol"`
	Client   greetedClient `json:"client"`
}

type greetedClient struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// openChannel connects to the agent at the path. The hello must be the first request.
func openChannel(ctx context.Context, path string, listener func(Notification)) (*channel, error) {
	conn, err := dial(ctx, path)
	if err != nil {
		return nil, err
	}
	return newChannel(conn, listener), nil
}

func newChannel(conn io.ReadWriteCloser, listener func(Notification)) *channel {
	c := &channel{
		conn:    conn,
		slots:   make(chan struct{}, inFlightMax),
		ended:   make(chan struct{}),
		pending: map[uint64]chan answer{},
	}
	c.out = newOutbox(conn, c.ended)
	notifications := make(chan Notification, notificationsMax)
	go func() {
		if err := c.out.run(); err != nil {
			c.end(&ConnectionLostError{err})
		}
	}()
	go c.read(notifications)
	go func() {
		for one := range notifications {
			listener(one)
		}
	}()
	return c
}

func (c *channel) call(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
	if ctx.Err() != nil {
		return nil, stopped(ctx, method)
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, stopped(ctx, method)
	case <-c.ended:
		return nil, c.cause
	}
	id, answers := c.begin()
	defer c.forget(id)
	line, err := requestLine(id, method, params)
	if err != nil {
		return nil, err
	}
	if !c.out.send(ctx, line) {
		if ctx.Err() != nil {
			return nil, stopped(ctx, method)
		}
		return nil, c.cause
	}
	return c.wait(ctx, method, id, answers)
}

// together sends requests in one write. It returns their results up to the first failure, and that failure. It takes no slots, so it is for a
// connection that nobody else uses yet.
func (c *channel) together(ctx context.Context, requests ...request) ([]json.RawMessage, error) {
	var lines [][]byte
	var ids []uint64
	var waiting []<-chan answer
	for _, one := range requests {
		id, answers := c.begin()
		defer c.forget(id)
		line, err := requestLine(id, one.method, one.params)
		if err != nil {
			return nil, err
		}
		lines, ids, waiting = append(lines, line), append(ids, id), append(waiting, answers)
	}
	if !c.out.send(ctx, bytes.Join(lines, []byte("\n"))) {
		if ctx.Err() != nil {
			return nil, stopped(ctx, requests[0].method)
		}
		return nil, c.cause
	}
	var results []json.RawMessage
	for index, one := range requests {
		result, err := c.wait(ctx, one.method, ids[index], waiting[index])
		if err != nil {
			return results, err
		}
		results = append(results, result)
	}
	return results, nil
}

// wait waits for the answer of a request. It calls the request off where the context ends before.
func (c *channel) wait(ctx context.Context, method string, id uint64, answers <-chan answer) (json.RawMessage, error) {
	select {
	case got := <-answers:
		return got.result, got.err
	case <-ctx.Done():
		c.cancel(id)
		return nil, stopped(ctx, method)
	case <-c.ended:
		// The answer may have come just before the end.
		select {
		case got := <-answers:
			return got.result, got.err
		default:
			return nil, c.cause
		}
	}
}

func (c *channel) begin() (uint64, <-chan answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastID++
	answers := make(chan answer, 1)
	c.pending[c.lastID] = answers
	return c.lastID, answers
}

func (c *channel) forget(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, id)
}

// cancel asks the agent to stop the work. Where the agent does not read, nothing is to be gained by waiting.
func (c *channel) cancel(id uint64) {
	line, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": map[string]uint64{"id": id}})
	if err != nil {
		return
	}
	c.out.leave(line)
}

// requestLine puts a request together. The parameters are encoded already.
func requestLine(id uint64, method string, params json.RawMessage) ([]byte, error) {
	name, err := json.Marshal(method)
	if err != nil {
		return nil, err
	}
	line := append(make([]byte, 0, len(params)+len(name)+requestBytes), `{"jsonrpc":"2.0","id":`...)
	line = strconv.AppendUint(line, id, 10)
	line = append(append(line, `,"method":`...), name...)
	line = append(append(append(line, `,"params":`...), params...), '}')
	if len(line) > lineBytesMax {
		return nil, tableError("lineTooLong", fmt.Sprintf("the limit is %d bytes", lineBytesMax))
	}
	return line, nil
}

func (c *channel) read(notifications chan<- Notification) {
	defer close(notifications)
	reader := bufio.NewReaderSize(c.conn, readBytes)
	for {
		line, err := readLine(reader)
		var got message
		if err == nil {
			err = json.Unmarshal(line, &got)
		}
		if err != nil {
			c.end(&ConnectionLostError{err})
			return
		}
		if got.Method != "" {
			select {
			case notifications <- Notification{got.Method, got.Params}:
			case <-c.ended:
				return
			}
		} else if id, err := strconv.ParseUint(string(got.ID), 10, 64); err == nil {
			c.deliver(id, got)
		}
	}
}

// readLine reads one line, without its end. It gives up where a line is longer than an answer may be.
func readLine(reader *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := reader.ReadSlice('\n')
		if len(line)+len(part) > answerBytesMax+len("\n") {
			return nil, errAnswerTooLong
		}
		if err == nil && line == nil {
			return bytes.TrimSuffix(part, []byte("\n")), nil
		}
		line = append(line, part...)
		if err == nil {
			return bytes.TrimSuffix(line, []byte("\n")), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}

func (c *channel) deliver(id uint64, got message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	answers, ok := c.pending[id]
	if !ok {
		return
	}
	delete(c.pending, id)
	answers <- answerOf(got)
}

func answerOf(got message) answer {
	if got.Error == nil {
		return answer{result: got.Result}
	}
	data := got.Error.Data
	if data.Name == "" {
		data.Name = "internal"
	}
	code, _ := strconv.Atoi(string(got.Error.Code))
	return answer{err: official(&Error{data.Name, code, got.Error.Message, data.Hint, data.Incident})}
}

func (c *channel) isOpen() bool {
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

// end closes the connection. Calls in flight fail with the cause of the first end.
func (c *channel) end(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return
	}
	c.cause = cause
	close(c.ended)
	_ = c.conn.Close()
}
