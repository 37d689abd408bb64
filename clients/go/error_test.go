package postern

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// answered is the error that a call returns for an answer with this name.
func answered(t *testing.T, name string) error {
	t.Helper()
	text := fmt.Sprintf(`{"id":1,"error":{"code":7,"message":"said by the agent","data":{"name":%q,"hint":"do this","incident":"i-1"}}}`, name)
	var got message
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	return answerOf(got).err
}

func TestEveryRowIsFoundByIsAndAs(t *testing.T) {
	for name := range errorTable {
		err := fmt.Errorf("outer: %w", answered(t, name))
		if !errors.Is(err, &Error{Name: name}) {
			t.Errorf("%s is not itself", name)
		}
		for other := range errorTable {
			if other != name && errors.Is(err, &Error{Name: other}) {
				t.Errorf("%s is %s", name, other)
			}
		}
		found, ok := errors.AsType[*Error](err)
		if !ok || *found != (Error{name, 7, "said by the agent", "do this", "i-1"}) {
			t.Errorf("%s is read as %+v", name, found)
		}
		if !strings.HasSuffix(err.Error(), "said by the agent; do this") {
			t.Errorf("%s says %q", name, err)
		}
	}
}

func TestErrorsHaveTheOfficialTypes(t *testing.T) {
	for _, name := range []string{"locked", "clientNotFound"} {
		if _, ok := answered(t, name).(*DesktopSessionExpiredError); !ok {
			t.Errorf("%s has another type", name)
		}
	}
	if _, ok := answered(t, "rateLimitExceeded").(*RateLimitExceededError); !ok {
		t.Error("rateLimitExceeded has another type")
	}
	if _, ok := answered(t, "signedOut").(*Error); !ok {
		t.Error("signedOut has another type")
	}
}

func TestAnErrorOfALaterAgentKeepsItsName(t *testing.T) {
	err := answered(t, "ofALaterAgent")
	if !errors.Is(err, &Error{Name: "ofALaterAgent"}) || errors.Is(err, ErrInternal) {
		t.Errorf("got %v", err)
	}
}

func TestAnOfficialErrorMayBeEmpty(t *testing.T) {
	for _, err := range []error{&DesktopSessionExpiredError{}, &RateLimitExceededError{}} {
		if err.Error() != "" || errors.Unwrap(err) != nil {
			t.Errorf("got %q", err.Error())
		}
	}
}

func TestErrorValuesHaveTheTextOfTheirRow(t *testing.T) {
	if got := ErrLocked.Error(); got != "the account is locked" {
		t.Errorf("got %q", got)
	}
}
