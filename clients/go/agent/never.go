package agent

import (
	"bytes"
	"encoding/json"
)

var neverWord = []byte(`"never"`)

// OrNever is a value, or the word never where the value is nil.
type OrNever[T any] struct{ Value *T }

// UnmarshalJSON reads the value or the word.
func (n *OrNever[T]) UnmarshalJSON(data []byte) error {
	n.Value = nil
	if bytes.Equal(data, neverWord) {
		return nil
	}
	return json.Unmarshal(data, &n.Value)
}

// MarshalJSON writes the value or the word.
func (n OrNever[T]) MarshalJSON() ([]byte, error) {
	if n.Value == nil {
		return neverWord, nil
	}
	return json.Marshal(n.Value)
}
