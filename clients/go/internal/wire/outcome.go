// Package wire has the shapes of the wire that both packages of the client read.
package wire

import "encoding/json"

// Outcome is one of several: a content or a failure.
type Outcome[T any] struct {
	Content *T
	Error   *Failure
}

// Failure says why one of several was not done.
type Failure struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// UnmarshalJSON reads the failure where there is one, and else the content.
func (o *Outcome[T]) UnmarshalJSON(data []byte) error {
	var failed struct {
		Error *Failure `json:"error"`
	}
	if err := json.Unmarshal(data, &failed); err != nil {
		return err
	}
	o.Content, o.Error = nil, failed.Error
	if failed.Error != nil {
		return nil
	}
	return json.Unmarshal(data, &o.Content)
}

// MarshalJSON writes the outcome as the agent does.
func (o Outcome[T]) MarshalJSON() ([]byte, error) {
	if o.Error != nil {
		return json.Marshal(map[string]*Failure{"error": o.Error})
	}
	return json.Marshal(o.Content)
}

// Listed is the list itself, and an empty one in place of nil. JSON would have null for nil, which the agent refuses.
func Listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
