package postern

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"reflect"
	"testing"
)

func TestNewClientNeedsOneWayToSignIn(t *testing.T) {
	_, err := NewClient(context.Background())
	const none = "error initializing client: invalid user input: encountered the following errors: one authentication method must be specified"
	if _, isIt := errors.AsType[*InvalidConfigurationError](err); !isIt || err.Error() != none {
		t.Errorf("got %v", err)
	}
	_, err = NewClient(context.Background(), WithServiceAccountToken("t"), WithDesktopAppIntegration("Ada"))
	if err == nil || err.Error() != "cannot use both SA token and desktop app authentication" {
		t.Errorf("got %v", err)
	}
}

func TestTheClientIsNamedInTheParameters(t *testing.T) {
	for given, want := range map[string]string{
		`{}`:                        `{"client":"c1"}`,
		` { "a" : "client" } `:      `{"client":"c1","a":"client"}`,
		`{"client":"other","a":[]}`: `{"client":"c1","a":[]}`,
	} {
		got, err := withClient([]byte(given), "c1")
		if err != nil || !sameJSON(t, got, []byte(want)) {
			t.Errorf("%s: got %s, %v", given, got, err)
		}
	}
	for _, given := range []string{`null`, `[]`, `"client"`} {
		if _, err := withClient([]byte(given), "c1"); !errors.Is(err, ErrInvalidParams) {
			t.Errorf("%s: got %v", given, err)
		}
	}
}

// TestPutSendsBackWhatALaterAgentAnswered: an item with fields, kinds and words that this client does not know comes back as it was.
func TestPutSendsBackWhatALaterAgentAnswered(t *testing.T) {
	const item = `{"id":"i","title":"t","category":"OfLater","vaultId":"v","later":{"a":[1,null]},"notes":"","tags":[],"version":1,
		"fields":[{"id":"f","title":"","fieldType":"OfLater","value":"","later":1,"details":{"type":"OfLater","content":{"b":1},"later":2}},
			{"id":"g","title":"","fieldType":"SshKey","value":"","details":{"type":"SshKey","content":null}},
			{"id":"h","title":"","fieldType":"Totp","value":"","details":{"type":"Otp","content":{"code":"1","later":3}}}],
		"sections":[{"id":"","title":"","later":4}],"websites":[{"url":"u","label":"l","autofillBehavior":"OfLater","later":5}],
		"files":[{"attributes":{"name":"n","id":"x","size":1,"later":6},"sectionId":"","fieldId":"","later":7}],
		"createdAt":"2026-01-02T03:04:05.678Z","updatedAt":"2026-01-02T03:04:05Z"}`
	put := make(chan any, 1)
	p := startPeer(t, opening(func(_ net.Conn, request asked) any {
		if request.Method == "items.put" {
			put <- request.Params["item"]
		}
		return result(json.RawMessage(item))
	}))
	client := p.client(t)
	read, err := client.Items().Get(context.Background(), "v", "i")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Items().Put(context.Background(), read); err != nil {
		t.Fatal(err)
	}
	sent, err := json.Marshal(<-put)
	if err != nil || !sameJSON(t, sent, []byte(item)) {
		t.Errorf("got %s, %v", sent, err)
	}
}

func TestListsThatAreNilAreSentAsEmpty(t *testing.T) {
	sent := make(chan map[string]any, 1)
	p := startPeer(t, opening(func(_ net.Conn, request asked) any {
		sent <- request.Params
		return result(map[string]any{"outcomes": []any{}})
	}))
	client := p.client(t)
	if _, err := client.Secrets().ResolveAll(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if got := (<-sent)["references"]; !reflect.DeepEqual(got, []any{}) {
		t.Errorf("got %v", got)
	}
}

func TestAnotherNumberOfOutcomesIsRefused(t *testing.T) {
	p := startPeer(t, opening(func(net.Conn, asked) any { return result(map[string]any{"outcomes": []any{}}) }))
	_, err := p.client(t).Secrets().ResolveAll(context.Background(), []string{"op://a/b/c"})
	if !errors.Is(err, errOtherCount) {
		t.Errorf("got %v", err)
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var left, right any
	if err := errors.Join(json.Unmarshal(a, &left), json.Unmarshal(b, &right)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(left, right)
}
