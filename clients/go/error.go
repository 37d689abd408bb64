package postern

import "strings"

// Error is an error of the agent. Name is the contract, and Code is for transport. Hint names the next step where there is one. Incident
// is the id under which the agent's log has an unforeseen error.
type Error struct {
	Name     string
	Code     int
	Message  string
	Hint     string
	Incident string
}

type tableRow struct {
	code    int
	message string
	hint    string
	sdkName string
}

// Error returns the message and the next step. Programs often show nothing but this text.
func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = errorTable[e.Name].message
	}
	return withHint(text, e.Hint)
}

func withHint(text, hint string) string {
	if hint == "" {
		return text
	}
	return strings.TrimSuffix(text, ".") + "; " + hint
}

// Is says whether target is the error of the same name, such as ErrLocked.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Name == e.Name
}

// DesktopSessionExpiredError says that the session has ended or was never open. It wraps the agent's Error.
type DesktopSessionExpiredError struct{ err *Error }

// Error returns the text of the wrapped error.
func (e *DesktopSessionExpiredError) Error() string { return textOf(e.err) }

// Unwrap returns the agent's Error.
func (e *DesktopSessionExpiredError) Unwrap() error { return unwrapped(e.err) }

// RateLimitExceededError says that the token may send no more requests for now. It wraps the agent's Error.
type RateLimitExceededError struct{ err *Error }

// Error returns the text of the wrapped error.
func (e *RateLimitExceededError) Error() string { return textOf(e.err) }

// Unwrap returns the agent's Error.
func (e *RateLimitExceededError) Unwrap() error { return unwrapped(e.err) }

// Programs make empty values of the two official types in tests of their own, as with the official package.
func textOf(err *Error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func unwrapped(err *Error) error {
	if err == nil {
		return nil
	}
	return err
}

// official gives an error the type that the official package has for it. Programs may assert that type without errors.As.
func official(err *Error) error {
	switch errorTable[err.Name].sdkName {
	case "DesktopSessionExpired":
		return &DesktopSessionExpiredError{err}
	case "RateLimitExceeded":
		return &RateLimitExceededError{err}
	}
	return err
}

// tableError is an error of the table that arises in this process. The detail follows the text of its row.
func tableError(name, detail string) error {
	row := errorTable[name]
	message := row.message
	if detail != "" {
		message += ": " + detail
	}
	return official(&Error{Name: name, Code: row.code, Message: message, Hint: row.hint})
}
