package postern

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// peer plays the agent: it answers each request as a function says. An answer of nil is none.
type peer struct {
	socket   string
	listener net.Listener
}

type asked struct {
	ID     *uint64        `json:"id"`
	Method string         `json:"method"`
	Params map[string]any `json:"params"`
}

// conversation answers a request, on the connection if it wants to say more.
type conversation func(conn net.Conn, request asked) any

func result(value any) map[string]any { return map[string]any{"result": value} }

func refusal(name string) map[string]any {
	return map[string]any{"error": map[string]any{"code": 1, "message": "refused", "data": map[string]string{"name": name}}}
}

// opening answers what every client says first, and hands on the rest.
func opening(rest conversation) conversation {
	return func(conn net.Conn, request asked) any {
		switch request.Method {
		case "agent.hello", "agent.subscribe", "clients.close":
			return result(struct{}{})
		case "clients.open":
			return result(map[string]string{"client": "c1"})
		}
		return rest(conn, request)
	}
}

func startPeer(t *testing.T, answer conversation) peer {
	t.Helper()
	// A path of t.TempDir may be too long for a socket.
	folder, err := os.MkdirTemp("", "p-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	socket := filepath.Join(folder, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go converse(conn, answer)
		}
	}()
	return peer{socket, listener}
}

func converse(conn net.Conn, answer conversation) {
	defer func() { _ = conn.Close() }()
	lines := bufio.NewReader(conn)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var request asked
		if json.Unmarshal(line, &request) != nil {
			return
		}
		said, ok := answer(conn, request).(map[string]any)
		if !ok {
			continue
		}
		said["jsonrpc"], said["id"] = "2.0", request.ID
		text, err := json.Marshal(said)
		if err != nil {
			return
		}
		if _, err := conn.Write(append(text, '\n')); err != nil {
			return
		}
	}
}

func (p peer) client(t *testing.T, opts ...ClientOption) *Client {
	t.Helper()
	opts = append([]ClientOption{WithDesktopAppIntegration(""), WithSocket(p.socket)}, opts...)
	client, err := NewClient(context.Background(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}
